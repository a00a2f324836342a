package oauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/latchkeep/latchkeep/auth/federation"
)

const (
	// together is how many sign-ins of a tenant speak with one provider at once: one that hangs holds no more of us.
	together = 32
	// queueing is how long others wait for their turn.
	queueing = 3 * time.Second
	// longest bounds all that is asked of a provider for one sign-in.
	longest = 30 * time.Second
	// maxSubject is the longest id that OpenID Connect has for a person (Core §2), in bytes.
	maxSubject = 255
)

// A connector is what is particular about a provider.
type connector interface {
	// metadata says where the provider is.
	metadata(ctx context.Context) (metadata, error)
	// claims tells who the grant is about. Its errors mean that the provider did not say so in good order.
	claims(ctx context.Context, g *grant) (federation.Claims, error)
}

// A registration is us as a provider knows us, and how it wants to be asked.
type registration struct {
	id           string
	clientID     string
	secret       func(now time.Time) (string, error)
	redirectURL  string
	scopes       []string
	allowLinking bool
	params       map[string]string // more of the authorize request; empty ones are left out
	nonce        bool              // the authorize request has a nonce
	noVerifier   bool              // the token request has no code_verifier
	percentSpace bool              // spaces are %20
}

// A client is a tenant at a provider. It implements Provider.
type client struct {
	registration
	room      *Room
	connector connector
	slots     chan struct{}
	config    atomic.Pointer[oauth2.Config] // remembers how the token endpoint wants to know us
}

func (r *Room) client(g registration, c connector) *client {
	return &client{registration: g, room: r, connector: c, slots: make(chan struct{}, together)}
}

// A grant is what the token endpoint gave for a code.
type grant struct {
	*client
	metadata
	accessToken string
	idToken     string // empty where there is none
	nonce       string
}

func constant(secret string) func(time.Time) (string, error) {
	return func(time.Time) (string, error) { return secret, nil }
}

// AuthorizationURL implements Provider. Spec: third-party §3.
func (c *client) AuthorizationURL(ctx context.Context, r Request) (string, error) {
	m, err := c.connector.metadata(ctx)
	if err != nil {
		return "", c.refuse("the provider cannot be asked", err)
	}
	config, err := c.configFor(m)
	if err != nil {
		return "", c.refuse("the provider cannot be asked", err)
	}
	var options []oauth2.AuthCodeOption
	for name, value := range c.params {
		if value != "" {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	if r.CodeChallenge != "" {
		options = append(options, oauth2.SetAuthURLParam("code_challenge", r.CodeChallenge), oauth2.SetAuthURLParam("code_challenge_method", "S256"))
	}
	if c.registration.nonce {
		if r.Nonce == "" {
			return "", c.refuse("", errors.New("a request to this provider needs a nonce"))
		}
		options = append(options, oauth2.SetAuthURLParam("nonce", r.Nonce))
	}
	address := config.AuthCodeURL(r.State, options...)
	if c.percentSpace {
		address = strings.ReplaceAll(address, "+", "%20")
	}
	return address, nil
}

// Account implements Provider. Spec: third-party §6.3, steps 7 and 8.
func (c *client) Account(ctx context.Context, a Answer) (federation.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	leave, err := c.enter(ctx)
	if err != nil {
		return federation.Account{}, c.refuse("the provider does not answer", err)
	}
	defer leave()
	m, err := c.from(ctx, a.Issuer)
	if err != nil {
		return federation.Account{}, err
	}
	token, err := c.redeem(ctx, m, a)
	if err != nil {
		return federation.Account{}, c.refuse("the provider did not take the code", err)
	}
	g := &grant{client: c, metadata: m, accessToken: token.AccessToken, nonce: a.Nonce}
	g.idToken, _ = token.Extra("id_token").(string)
	claims, err := c.connector.claims(ctx, g)
	if err != nil {
		return federation.Account{}, c.refuse("the provider did not tell who signed in", err)
	}
	switch {
	case claims.Subject == "":
		return federation.Account{}, federation.Refuse(federation.ServerError, "", fmt.Errorf("%s: it gave no sub", c.id))
	case !goodSubject(claims.Subject):
		return federation.Account{}, c.refuse("the provider did not tell who signed in", errors.New("sub is too long, or has spaces around it or characters that are not printable"))
	}
	return federation.Account{Provider: c.id, Claims: claims, AllowLinking: c.allowLinking}, nil
}

// From implements Provider.
func (c *client) From(ctx context.Context, issuer string) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	_, err := c.from(ctx, issuer)
	return err
}

// from is the provider as it describes itself, if an answer is its own.
func (c *client) from(ctx context.Context, issuer string) (metadata, error) {
	m, err := c.connector.metadata(ctx)
	if err != nil {
		return m, c.refuse("the provider cannot be asked", err)
	}
	if m.mixedUp(issuer) {
		return m, c.refuse("the answer is not the provider's", errors.New("iss is not that of the provider"))
	}
	return m, nil
}

// mixedUp reports whether an answer that says who it is from is from somebody else, or should say and does not (RFC 9207 §2.4).
func (m metadata) mixedUp(issuer string) bool {
	if issuer == "" {
		return m.namesItself
	}
	return m.issuer != "" && m.issuer != issuer
}

// goodSubject refuses what databases might take for somebody else's: MySQL compares without spaces at the end.
func goodSubject(subject string) bool {
	return len(subject) <= maxSubject && strings.TrimSpace(subject) == subject && !strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// enter waits for a turn; call leave when it is over.
func (c *client) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-c.slots }
	select {
	case c.slots <- struct{}{}:
		return leave, nil
	default:
	}
	timer := time.NewTimer(queueing)
	defer timer.Stop()
	select {
	case c.slots <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, cause(ctx.Err())
	}
}

// redeem exchanges the code. How the endpoint wants to know the client is found out: HTTP Basic, else in the form.
func (c *client) redeem(ctx context.Context, m metadata, a Answer) (*oauth2.Token, error) {
	if a.Code == "" {
		return nil, errors.New("there is no code")
	}
	config, err := c.configFor(m)
	if err != nil {
		return nil, err
	}
	var options []oauth2.AuthCodeOption
	if a.CodeVerifier != "" && !c.noVerifier {
		options = append(options, oauth2.VerifierOption(a.CodeVerifier))
	}
	token, err := config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.room.needs.Client), a.Code, options...)
	if err != nil {
		return nil, cause(err)
	}
	return token, nil
}

func (c *client) configFor(m metadata) (*oauth2.Config, error) {
	secret, err := c.secret(c.room.needs.Now())
	if err != nil {
		return nil, err
	}
	endpoint := oauth2.Endpoint{AuthURL: m.Authorization, TokenURL: m.Token}
	if known := c.config.Load(); known != nil && known.Endpoint == endpoint && known.ClientSecret == secret {
		return known, nil
	}
	for _, address := range []string{m.Authorization, m.Token} {
		if err := endpointURL(address); err != nil {
			return nil, err
		}
	}
	config := &oauth2.Config{ClientID: c.clientID, ClientSecret: secret, Endpoint: endpoint, RedirectURL: c.redirectURL, Scopes: c.scopes}
	c.config.Store(config)
	return config, nil
}

func (c *client) refuse(description string, err error) *federation.Error {
	return federation.Refuse(federation.InvalidRequest, description, fmt.Errorf("%s: %w", c.id, err))
}

// userInfo asks the provider who the access token is for.
func (g *grant) userInfo(ctx context.Context) (object, error) {
	return g.room.getObject(ctx, g.UserInfo, g.accessToken)
}

// identity is the verified id_token.
func (g *grant) identity(ctx context.Context, e expectation) (object, error) {
	if g.idToken == "" {
		return nil, errors.New("there is no id_token")
	}
	e.clientID, e.nonce, e.accessToken, e.algorithms = g.clientID, g.nonce, g.accessToken, g.algorithms
	return g.room.verify(ctx, g.Keys, g.idToken, e)
}
