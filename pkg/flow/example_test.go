package flow_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// SignUp is what the flow of the examples remembers between two requests.
type SignUp struct {
	Email string `json:"email,omitempty"`
	Code  string `json:"code,omitempty"`
}

// Request is what the caller brings along for one request. Here, actions queue their effects on it.
type Request struct{ Effects []string }

type (
	signUpTurn   = flow.Turn[SignUp, *Request]
	signUpState  = flow.State[SignUp, *Request]
	signUpAction = flow.Action[SignUp, *Request]
)

// signUp reads as a table of contents: which states there are, and where they start.
func signUp() flow.Definition[SignUp, *Request] {
	return flow.Definition[SignUp, *Request]{
		Name:  "sign_up",
		TTL:   time.Hour,
		Start: []flow.StateName{"address", "welcome"},
		States: map[flow.StateName]signUpState{
			"address": askForAddress(),
			"code":    askForCode(),
			"welcome": {},
		},
	}
}

// askForAddress is a room: its payload, its actions, and every way out.
func askForAddress() signUpState {
	return signUpState{
		Actions: []signUpAction{{
			Name:        "send_code",
			Description: "Send a code to the address.",
			Inputs:      flow.Inputs[SignUp, *Request](flow.Email("email").Required().Trim().Lowercase()),
			Run: func(t *signUpTurn) (flow.Outcome, error) {
				if t.Input("email") == "taken@shop.example" {
					return flow.Reject("email", flow.EmailAlreadyExists), nil
				}
				t.Data.Email = t.Input("email")
				return flow.Continue("code"), nil
			},
		}},
	}
}

func askForCode() signUpState {
	return signUpState{
		Enter: func(t *signUpTurn) error {
			if t.Data.Code == "" { // not again after a wrong code
				t.Data.Code = "123456"
				t.Env.Effects = append(t.Env.Effects, "mail "+t.Data.Code+" to "+t.Data.Email)
			}
			return nil
		},
		Actions: []signUpAction{
			{
				Name:   "verify",
				Inputs: flow.Inputs[SignUp, *Request](flow.String("code").Required()),
				Run: func(t *signUpTurn) (flow.Outcome, error) {
					if t.Input("code") != t.Data.Code {
						return flow.Reject("code", flow.PasscodeInvalid), nil
					}
					t.Env.Effects = append(t.Env.Effects, "create "+t.Data.Email)
					return flow.Continue().NonRevertible(), nil
				},
			},
			flow.BackAction[SignUp, *Request](),
		},
	}
}

// site is what stands around a flow: HTTP and a table in real life, a map here.
type site struct {
	flow  *flow.Flow[SignUp, *Request]
	table map[uuid.UUID][]byte
}

// post answers one request, given its raw query and body.
func (s *site) post(ctx context.Context, query, body string) *flow.Response {
	response, err := s.answer(ctx, query, body)
	if err != nil {
		return flow.ErrorResponse(err)
	}
	return response
}

func (s *site) answer(ctx context.Context, query, body string) (*flow.Response, error) {
	env, who, now := &Request{}, flow.Party{Tenant: "shop"}, time.Now()
	ref, err := flow.ParseAction(query)
	if err != nil {
		return nil, err
	}
	var result *flow.Result
	if ref.IsStart() {
		result, err = s.flow.Start(ctx, env, who, now)
	} else {
		var parsed flow.Body
		if parsed, err = flow.ParseBody([]byte(body)); err != nil {
			return nil, err
		}
		var stored *flow.Record
		if row, ok := s.table[ref.ID]; ok {
			if stored, err = flow.DecodeRecord(row); err != nil {
				return nil, err
			}
		}
		result, err = s.flow.Continue(ctx, env, flow.Request{Party: who, Ref: ref, Body: parsed, Now: now}, stored)
	}
	if err != nil {
		return nil, err // nothing is written
	}
	if result.Write != flow.None { // in real life: one transaction, comparing versions
		for _, effect := range env.Effects {
			fmt.Println("  effect:", effect)
		}
		s.table[result.Record.ID] = result.Document
	}
	return result.Render()
}

// A whole conversation, as the client sees it.
func Example() {
	machine, err := flow.New(signUp(), exampleSealer{})
	if err != nil {
		log.Fatal(err)
	}
	s := &site{flow: machine, table: map[uuid.UUID][]byte{}}
	ctx := context.Background()

	show := func(r *flow.Response) *flow.Response {
		fmt.Print(r.Status, " ", r.Name)
		for _, a := range r.Actions {
			fmt.Print(" [", a.Name, "]")
			for _, in := range a.Inputs {
				if in.Error != 0 {
					fmt.Print(" ", in.Name(), ": ", in.Error)
				}
			}
		}
		if r.Error != nil {
			fmt.Print(" ", r.Error.Code)
		}
		fmt.Println()
		return r
	}
	do := func(last *flow.Response, action int, input string) *flow.Response {
		_, query, _ := strings.Cut(last.Actions[action].Href, "?")
		return show(s.post(ctx, query, `{"csrf_token":"`+last.CSRFToken+`","input_data":`+input+`}`))
	}

	start := show(s.post(ctx, "", ""))
	fmt.Println("rows:", len(s.table))
	address := do(start, 0, `{"email":"taken@shop.example"}`)
	code := do(address, 0, `{"email":" Kim@Shop.Example "}`)
	code = do(code, 0, `{"code":"000000"}`)
	address = do(code, 1, `{}`)
	code = do(address, 0, `{"email":"kim@shop.example"}`)
	done := do(code, 0, `{"code":"123456"}`)
	do(start, 0, `{"email":"kim@shop.example"}`) // an old page, still open
	fmt.Println("rows:", len(s.table), "actions left:", len(done.Actions))

	// Output:
	// 200 address [send_code]
	// rows: 0
	// 400 address [send_code] email: email_already_exists form_data_invalid_error
	//   effect: mail 123456 to kim@shop.example
	// 200 code [verify] [back]
	// 400 code [verify] code: passcode_invalid [back] form_data_invalid_error
	// 200 address [send_code]
	//   effect: mail 123456 to kim@shop.example
	// 200 code [verify] [back]
	//   effect: create kim@shop.example
	// 200 welcome
	// 403 error operation_not_permitted_error
	// rows: 1 actions left: 0
}

// A hook on the way out of a group of states decides what comes next, wherever in the group the person was.
func ExampleGroup() {
	type data struct {
		Planned bool `json:"planned,omitempty"`
	}
	type turn = flow.Turn[data, struct{}]
	next := flow.Action[data, struct{}]{Name: "next", Run: func(*turn) (flow.Outcome, error) { return flow.Continue(), nil }}

	machine, err := flow.New(flow.Definition[data, struct{}]{
		Name:  "login",
		TTL:   time.Hour,
		Start: []flow.StateName{"password"},
		States: map[flow.StateName]flow.State[data, struct{}]{
			"password":      {Actions: []flow.Action[data, struct{}]{next}},
			"second_factor": {Actions: []flow.Action[data, struct{}]{next}},
			"success":       {},
		},
		Groups: []flow.Group[data, struct{}]{{
			Name:   "first_factor",
			States: []flow.StateName{"password"},
			Leave: func(t *turn) error {
				if !t.Data.Planned {
					t.Data.Planned = true
					t.Schedule("second_factor", "success")
				}
				return nil
			},
		}},
	}, exampleSealer{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	result, err := machine.Start(ctx, struct{}{}, flow.Party{}, time.Now())
	var stored *flow.Record
	for err == nil {
		var r *flow.Response
		if r, err = result.Render(); err != nil || len(r.Actions) == 0 {
			fmt.Println(r.Name)
			break
		}
		fmt.Println(r.Name)
		result, err = machine.Continue(ctx, struct{}{}, flow.Request{
			Ref: flow.Ref{Action: "next", ID: result.Record.ID}, Body: flow.Body{CSRFToken: r.CSRFToken}, Now: time.Now(),
		}, stored)
		if err == nil {
			stored = result.Record
		}
	}

	// Output:
	// password
	// second_factor
	// success
}

// Inputs are described in one line each; the description is what clients get and what is checked.
func ExampleInput() {
	type turn = flow.Turn[struct{}, struct{}]
	machine, err := flow.New(flow.Definition[struct{}, struct{}]{
		Name:  "demo",
		TTL:   time.Hour,
		Start: []flow.StateName{"form"},
		States: map[flow.StateName]flow.State[struct{}, struct{}]{"form": {Actions: []flow.Action[struct{}, struct{}]{{
			Name: "submit",
			Inputs: flow.Inputs[struct{}, struct{}](
				flow.String("username").Required().Min(3).Max(32).Trim().Lowercase(),
				flow.String("provider").Hidden().Allowed(flow.Choice{Value: "github", Name: "GitHub"}),
			),
			Run: func(*turn) (flow.Outcome, error) { return flow.Stay(), nil },
		}}}},
	}, exampleSealer{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := machine.Start(context.Background(), struct{}{}, flow.Party{}, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	response, err := result.Render()
	if err != nil {
		log.Fatal(err)
	}
	var body struct {
		Actions map[string]struct{ Inputs map[string]json.RawMessage }
	}
	if err := json.Unmarshal(response.Body(), &body); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body.Actions["submit"].Inputs["username"]))
	fmt.Println(string(body.Actions["submit"].Inputs["provider"]))

	// Output:
	// {"name":"username","type":"string","min_length":3,"max_length":32,"required":true}
	// {"name":"provider","type":"string","hidden":true,"allowed_values":[{"value":"github","name":"GitHub"}]}
}

// exampleSealer stands for a real keyring: AES-GCM with one fixed key.
type exampleSealer struct{}

func (exampleSealer) aead() cipher.AEAD {
	block, err := aes.NewCipher([]byte("an example's key, 32 bytes long."))
	if err != nil {
		log.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		log.Fatal(err)
	}
	return aead
}

func (s exampleSealer) Seal(plaintext, aad []byte) []byte {
	return s.aead().Seal(nil, nil, plaintext, aad)
}

func (s exampleSealer) Open(sealed, aad []byte) ([]byte, error) {
	return s.aead().Open(nil, nil, sealed, aad)
}
