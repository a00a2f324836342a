package samlpeer

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// SimpleSAMLDir is the variable that names a directory with SimpleSAMLphp; without it, Debian's is looked for.
const SimpleSAMLDir = "LATCHKEEP_TEST_SIMPLESAMLPHP"

// A Party is a service provider that SimpleSAMLphp is told of.
type Party struct {
	EntityID, ACS string
	// Certificate is what assertions are encrypted for, and requests must be signed with where Signed says so.
	Certificate *x509.Certificate
	Encrypted   bool
	Signed      bool
}

// A SimpleSAML is SimpleSAMLphp, an identity provider that others wrote, served by PHP itself. It ends with its test.
type SimpleSAML struct {
	URL string
	dir string
}

// NewSimpleSAML starts SimpleSAMLphp with some people, whose user names and passwords are their NameID and Password. It reports false where it is
// not installed.
func NewSimpleSAML(t testing.TB, people ...Person) (*SimpleSAML, bool) {
	t.Helper()
	source := os.Getenv(SimpleSAMLDir)
	if source == "" {
		source = "/usr/share/simplesamlphp"
	}
	php, err := exec.LookPath("php")
	if err != nil {
		return nil, false
	}
	if _, err := os.Stat(filepath.Join(source, "www", "module.php")); err != nil {
		return nil, false
	}
	s := &SimpleSAML{dir: t.TempDir()}
	port := freePort(t)
	s.URL = "http://127.0.0.1:" + port
	s.configure(t, people)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	// Without its cache of scripts, which would hide for some seconds that Trust wrote another.
	command := exec.CommandContext(ctx, php, "-d", "opcache.enable=0", "-S", "127.0.0.1:"+port, "-t", filepath.Join(source, "www"))
	command.Env = append(os.Environ(), "SIMPLESAMLPHP_CONFIG_DIR="+s.dir, "PHP_CLI_SERVER_WORKERS=1")
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		stop()
		_ = command.Wait() // it was killed
	})
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.MetadataURL(), nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond, "SimpleSAMLphp does not start")
	return s, true
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return port
}

// MetadataURL is where the metadata is; it is also the entity id.
func (s *SimpleSAML) MetadataURL() string { return s.URL + "/saml2/idp/metadata.php" }

func (s *SimpleSAML) configure(t testing.TB, people []Person) {
	t.Helper()
	key, certificate := NewCertificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	s.write(t, "idp.key", string(private))
	s.write(t, "idp.crt", string(public))
	s.write(t, "config.php", fmt.Sprintf(`<?php $config = [
		'baseurlpath' => '%[1]s/', 'certdir' => '%[2]s/', 'loggingdir' => '%[2]s/', 'datadir' => '%[2]s/', 'tempdir' => '%[2]s/tmp',
		'metadatadir' => '%[2]s/', 'secretsalt' => 'of tests only', 'auth.adminpassword' => 'of tests only', 'timezone' => 'UTC',
		'enable.saml20-idp' => true, 'logging.handler' => 'file', 'store.type' => 'phpsession', 'session.phpsession.savepath' => '%[2]s',
		'session.cookie.secure' => false, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
		'metadata.sources' => [['type' => 'flatfile', 'directory' => '%[2]s']], 'admin.protectmetadata' => false, 'showerrors' => true,
		'language.default' => 'en', 'language.available' => ['en'],
	];`, s.URL, s.dir))
	known := ""
	for _, person := range people {
		known += ", " + quote(person.NameID+":"+person.Password) + " => ['uid' => [" + quote(person.NameID) + "]"
		for name, value := range person.Attributes {
			known += ", " + quote(name) + " => [" + quote(value) + "]"
		}
		known += "]"
	}
	s.write(t, "authsources.php", "<?php $config = ['people' => ['exampleauth:UserPass'"+known+"]];")
	s.write(t, "saml20-idp-hosted.php", fmt.Sprintf(`<?php $metadata['%s'] = [
		'host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'people',
		'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
		'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent']],
		'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
	];`, s.MetadataURL()))
	s.write(t, "saml20-sp-remote.php", "<?php\n")
}

// Trust tells it of a service provider.
func (s *SimpleSAML) Trust(t testing.TB, p Party) {
	t.Helper()
	s.write(t, "saml20-sp-remote.php", fmt.Sprintf(`<?php $metadata[%s] = ['AssertionConsumerService' => %s, 'certData' => '%s',
		'assertion.encryption' => %t, 'validate.authnrequest' => %t, 'sharedkey_algorithm' => 'http://www.w3.org/2009/xmlenc11#aes128-gcm'];`,
		quote(p.EntityID), quote(p.ACS), base64.StdEncoding.EncodeToString(p.Certificate.Raw), p.Encrypted, p.Signed))
}

func (s *SimpleSAML) write(t testing.TB, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// SignIn takes a request to it, as a browser that was redirected there, and signs the person in.
func (s *SimpleSAML) SignIn(t testing.TB, address string, person Person) Posted {
	t.Helper()
	client := browser(t)
	page := get(t, client, address)
	form := posted(t, page)
	form.Values.Set("username", person.NameID)
	form.Values.Set("password", person.Password)
	to := form.Action
	if strings.HasPrefix(to, "?") || to == "" {
		to = s.URL + "/module.php/core/loginuserpass.php" + to
	}
	return posted(t, post(t, client, to, form.Values))
}

// Log is what it wrote about what went wrong.
func (s *SimpleSAML) Log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "simplesamlphp.log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
