package secret

import (
	"crypto/aes"
	"crypto/cipher"
)

const (
	xaesNonceSize = 24
	xaesTagSize   = 16
)

// xaes is XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the master key and the first half of a 24-byte
// nonce. Plain AES-GCM with random 12-byte nonces must not seal more than 2³² messages under one key, which a busy
// server that seals a handle for every started flow would reach; with 24 random bytes there is no such limit.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

func newXAES(key []byte) (*xaes, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	x := &xaes{block: block}
	// K1 is the CMAC subkey of NIST SP 800-38B: the encrypted zero block, doubled in GF(2¹²⁸).
	block.Encrypt(x.k1[:], x.k1[:])
	var msb byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		msb, x.k1[i] = x.k1[i]>>7, x.k1[i]<<1|msb
	}
	x.k1[len(x.k1)-1] ^= msb * 0b10000111
	return x, nil
}

// aead gives the AES-256-GCM instance for the first half of nonce.
func (x *xaes) aead(nonce []byte) cipher.AEAD {
	var key [2 * aes.BlockSize]byte
	first, second := key[:aes.BlockSize], key[aes.BlockSize:]
	for i, half := range [][]byte{first, second} {
		copy(half, []byte{0, byte(i + 1), 'X', 0})
		copy(half[4:], nonce[:12])
		for j := range half {
			half[j] ^= x.k1[j]
		}
		x.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("secret: " + err.Error()) // the key has 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("secret: " + err.Error()) // AES has a 16-byte block
	}
	return gcm
}

func (x *xaes) seal(dst, nonce, plaintext, aad []byte) []byte {
	return x.aead(nonce).Seal(dst, nonce[12:], plaintext, aad)
}

func (x *xaes) open(dst, nonce, ciphertext, aad []byte) ([]byte, error) {
	return x.aead(nonce).Open(dst, nonce[12:], ciphertext, aad)
}
