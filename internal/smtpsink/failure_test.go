package smtpsink_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

func TestSend_ARefusalIsPermanentWhenItIsAboutTheMessage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		at        smtpsink.Stage
		code      int
		permanent bool
	}{
		{smtpsink.Recipient, 550, true}, // no such person
		{smtpsink.Recipient, 553, true},
		{smtpsink.Recipient, 450, false}, // greylisted
		{smtpsink.Recipient, 552, false}, // a full mailbox
		{smtpsink.Sender, 550, true},
		{smtpsink.Sender, 451, false},
		{smtpsink.Content, 554, true},
		{smtpsink.Content, 552, true}, // too large
		{smtpsink.Content, 451, false},
		{smtpsink.Login, 535, false}, // an operator may have mistyped the password
		{smtpsink.Login, 454, false},
		{smtpsink.Sender, 530, false},
		{smtpsink.Greeting, 554, false},
		{smtpsink.Greeting, 421, false},
	} {
		sink := smtpsink.New(t, smtpsink.Options{User: "shop", Password: "hunter2", Behaviour: smtpsink.Refuse(test.at, test.code)})
		h := host(sink)
		h.User, h.Password = "shop", "hunter2"

		err := h.Send(soon(t), sink, letter())

		require.Error(t, err, test)
		require.Equal(t, test.permanent, mail.Permanent(err), "%v: %v", test, err)
		require.ErrorContains(t, err, "mail host "+h.Host)
		require.Empty(t, sink.Messages())
		require.Equal(t, 1, sink.Connections(), "one try is one try")
	}
	require.False(t, mail.Permanent(nil))
	require.False(t, mail.Permanent(errors.New("550")))
}

// A host may repeat what it was told; an error is logged and stored.
func TestSend_AnErrorKeepsTheSecretsAHostRepeats(t *testing.T) {
	t.Parallel()
	const rude = "I do not want hunter2 nor 123456 for kim@shop.example"
	for _, at := range []smtpsink.Stage{smtpsink.Login, smtpsink.Sender, smtpsink.Recipient, smtpsink.Content} {
		sink := smtpsink.New(t, smtpsink.Options{User: "shop", Password: "hunter2", Behaviour: smtpsink.Refuse(at, 550).Say(rude)})
		h := host(sink)
		h.User, h.Password = "shop", "hunter2"

		err := h.Send(soon(t), sink, letter())

		require.ErrorContains(t, err, "550")
		for _, secret := range []string{"hunter2", "123456", kim} {
			require.NotContains(t, err.Error(), secret)
		}
	}
}

func TestSend_EndsWithItsContextWhenTheHostFallsSilent(t *testing.T) {
	t.Parallel()
	for _, at := range []smtpsink.Stage{smtpsink.Greeting, smtpsink.Login, smtpsink.Sender, smtpsink.Recipient, smtpsink.Content} {
		sink := smtpsink.New(t, smtpsink.Options{User: "shop", Password: "hunter2", Behaviour: smtpsink.Hang(at)})
		h := host(sink)
		h.User, h.Password = "shop", "hunter2"
		ports := []string{h.Port}
		if at == smtpsink.Greeting {
			ports = append(ports, "465") // where it is the handshake that waits
		}
		for _, port := range ports {
			h.Port = port
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
			begin := time.Now()

			err := h.Send(ctx, sink, letter())

			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded, "stage %d", at)
			require.False(t, mail.Permanent(err))
			require.Less(t, time.Since(begin), 10*time.Second)
		}
		require.Empty(t, sink.Messages())
	}
}

func TestSend_ACancelledContextEndsItAtOnce(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{Behaviour: smtpsink.Hang(smtpsink.Greeting)})
	ctx, cancel := context.WithCancel(t.Context())
	connected := make(chan struct{})
	sent := make(chan error, 1)
	go func() { sent <- host(sink).Send(ctx, tellWhenDialed{sink, connected}, letter()) }()
	<-connected

	cancel()

	require.ErrorIs(t, <-sent, context.Canceled)
	require.ErrorIs(t, host(sink).Send(ctx, sink, letter()), context.Canceled, "nor does it begin")
}

type tellWhenDialed struct {
	mail.Dialer
	dialed chan struct{}
}

func (d tellWhenDialed) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	defer close(d.dialed)
	return d.Dialer.DialContext(ctx, network, address)
}

func TestSend_HasATimeOfItsOwn(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{Behaviour: smtpsink.Hang(smtpsink.Greeting)})
	h := host(sink)
	h.Timeout = 100 * time.Millisecond

	require.ErrorIs(t, h.Send(t.Context(), sink, letter()), context.DeadlineExceeded)
}

func TestSend_ALostConnectionIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{User: "shop", Password: "hunter2"})
	h := host(sink)
	h.User, h.Password = "shop", "hunter2"
	for _, at := range []smtpsink.Stage{smtpsink.Greeting, smtpsink.Login, smtpsink.Sender, smtpsink.Recipient, smtpsink.Content} {
		sink.Behave(smtpsink.Drop(at))

		err := h.Send(soon(t), sink, letter())

		require.Error(t, err)
		require.False(t, mail.Permanent(err), "%v", err)
	}
	require.Empty(t, sink.Messages())

	sink.Behave(smtpsink.Behaviour{})
	require.NoError(t, h.Send(soon(t), sink, letter()))
	received(t, sink, kim)
}

func TestSend_WhatAHostDoesAfterItTookTheMessageDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, b := range []smtpsink.Behaviour{
		smtpsink.Drop(smtpsink.Farewell), smtpsink.Refuse(smtpsink.Farewell, 550), smtpsink.Hang(smtpsink.Farewell),
	} {
		sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain, Behaviour: b})
		begin := time.Now()

		require.NoError(t, host(sink).Send(soon(t), sink, letter()), "or it would be sent twice")

		require.Less(t, time.Since(begin), 10*time.Second, "nobody waits for a goodbye")
		received(t, sink, kim)
	}
}

func TestSend_NobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())

	err = mail.SMTP{Host: "127.0.0.1", Port: port}.Send(soon(t), &net.Dialer{}, letter())

	require.ErrorContains(t, err, "127.0.0.1:"+port)
	require.False(t, mail.Permanent(err))
}

func TestSend_AHostThatIsNoneIsRefusedBeforeDialing(t *testing.T) {
	t.Parallel()
	for _, h := range []mail.SMTP{
		{Host: "mail.example", Port: ""},
		{Host: "mail.example", Port: "smtp"},
		{Host: "mail.example", Port: "0"},
		{Host: "mail.example", Port: "65536"},
		{Host: "mail.example", Port: "-25"},
		{Host: "", Port: "25"},
	} {
		err := h.Send(soon(t), nil, letter())

		require.Error(t, err)
		require.False(t, mail.Permanent(err), "an operator can repair it")
	}
}
