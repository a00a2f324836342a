package flow_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// single makes a person in a flow with one state, whose action "go" takes the inputs and stays.
func single(t *testing.T, see func(*turn), inputs ...flow.Input) *person {
	t.Helper()
	return starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(action{
		Name:   "go",
		Inputs: flow.Inputs[memory, *journal](inputs...),
		Run: func(t *turn) (flow.Outcome, error) {
			if see != nil {
				see(t)
			}
			return flow.Stay(), nil
		},
	})}})
}

func TestInput_IsAcceptedOrRefusedByTheDocumentedRules(t *testing.T) {
	t.Parallel()

	data, err := os.ReadFile("testdata/validation.txt")
	require.NoError(t, err)
	for n, line := range strings.Split(string(data), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, "|")
		require.Len(t, parts, 3, "line %d", n+1)
		declared, sent, want := strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1]), strings.TrimSpace(parts[2])

		t.Run("line "+strconv.Itoa(n+1), func(t *testing.T) {
			t.Parallel()
			seen := ""
			p := single(t, func(t *turn) { seen = t.Input("x") }, declare(t, declared))
			input := map[string]any{}
			if sent != "-" {
				require.True(t, json.Valid([]byte(sent)), sent)
				input["x"] = json.RawMessage(sent)
			}
			a := p.do("go", input)

			if text, ok := strings.CutPrefix(want, "ok "); ok {
				requireState(t, a, "a")
				require.Equal(t, text, `"`+seen+`"`, line)
				return
			}
			requireError(t, a, "a", 400, "form_data_invalid_error")
			require.Equal(t, want, a.inputError("go", "x"), line)
		})
	}
}

func declare(t *testing.T, text string) flow.Input {
	t.Helper()
	words := strings.Fields(text)
	in := map[string]func(string) flow.Input{
		"string": flow.String, "email": flow.Email, "password": flow.Password,
		"boolean": flow.Boolean, "number": flow.Number, "json": flow.JSON,
	}[words[0]]("x")
	for _, word := range words[1:] {
		name, arg, _ := strings.Cut(word, "=")
		n, _ := strconv.Atoi(arg)
		switch name {
		case "required":
			in = in.Required()
		case "optional":
			in = in.Optional()
		case "min":
			in = in.Min(n)
		case "max":
			in = in.Max(n)
		case "trim":
			in = in.Trim()
		case "lowercase":
			in = in.Lowercase()
		case "allowed":
			var choices []flow.Choice
			for v := range strings.SplitSeq(arg, ",") {
				choices = append(choices, flow.Choice{Value: v, Name: v})
			}
			in = in.Allowed(choices...)
		default:
			t.Fatalf("unknown word %q", word)
		}
	}
	return in
}

func TestInput_AllInputsAreCheckedAtOnce(t *testing.T) {
	t.Parallel()

	p := single(t, nil, flow.String("one").Required(), flow.String("two").Max(1), flow.String("three").Required())
	a := p.do("go", map[string]any{"two": "22", "three": "3"})
	require.Equal(t, "value_missing_error", a.inputError("go", "one"))
	require.Equal(t, "value_too_long_error", a.inputError("go", "two"))
	require.Empty(t, a.inputError("go", "three"))
}

func TestInput_ErrorsShowAtTheFailingActionInThatAnswerOnly(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(
		takes("first", flow.String("x").Required()), takes("second", flow.String("x").Required()),
	)}})
	a := p.do("first")
	require.Equal(t, "value_missing_error", a.inputError("first", "x"))
	require.Empty(t, a.inputError("second", "x"))

	a = p.do("second", map[string]any{"x": "1"})
	require.Empty(t, a.inputError("first", "x"))
}

func TestInput_RunSeesNothingRefused(t *testing.T) {
	t.Parallel()

	p := single(t, func(t *turn) { t.Env.note("ran") }, flow.String("x").Required())
	p.do("go")
	require.Empty(t, p.env.lines)
}

func TestInput_UndeclaredAndExtraInputsAreIgnored(t *testing.T) {
	t.Parallel()

	var undeclared string
	p := single(t, func(t *turn) { undeclared = t.Input("email") + string(t.Raw("email")) }, flow.String("x"))
	requireState(t, p.do("go", map[string]any{"email": "kim@shop.example", "x": nil}), "a")
	require.Empty(t, undeclared, "an action sees declared inputs only")
}

func TestInput_UncheckedRulesAreShownButLeftToTheAction(t *testing.T) {
	t.Parallel()

	var got string
	p := single(t, func(t *turn) { got = t.Input("pw") }, flow.Password("pw").Required().Min(8).Trim().Unchecked())
	require.Equal(t, map[string]any{"name": "pw", "type": "password", "min_length": 8.0, "required": true}, p.last.Actions["go"].Inputs["pw"])
	requireState(t, p.do("go", map[string]any{"pw": " x "}), "a")
	require.Equal(t, "x", got)
	requireState(t, p.do("go"), "a")
	require.Empty(t, got)
}

func TestInput_RequiredIfSaysOneOrTheOther(t *testing.T) {
	t.Parallel()

	p := single(t, nil, flow.String("must").RequiredIf(true), flow.String("may").RequiredIf(false))
	require.Equal(t, true, p.last.Actions["go"].Inputs["must"]["required"])
	require.Equal(t, false, p.last.Actions["go"].Inputs["may"]["required"])
	require.Equal(t, flow.KindEmail, flow.Email("x").Kind())
	require.Equal(t, "x", flow.Email("x").Name())
}

func TestInput_BooleanTakesWhatClientsSend(t *testing.T) {
	t.Parallel()

	for sent, want := range map[string]bool{
		`true`: true, `"true"`: true, `"TRUE"`: true, `"1"`: true, `"t"`: true, `1`: true, `-0.5`: true,
		`false`: false, `"false"`: false, `"0"`: false, `0`: false, `"yes"`: false, `""`: false, `null`: false, `{}`: false, `[1]`: false,
	} {
		var got bool
		p := single(t, func(t *turn) { got = t.Bool("x") }, flow.Boolean("x").Required())
		requireState(t, p.do("go", map[string]any{"x": json.RawMessage(sent)}), "a")
		require.Equal(t, want, got, sent)
	}
	got := true
	requireState(t, single(t, func(t *turn) { got = t.Bool("x") }, flow.Boolean("x").Required()).do("go"), "a")
	require.False(t, got, "absent is false")
}

func TestInput_JSONComesAsAnObjectOrInsideAString(t *testing.T) {
	t.Parallel()

	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	quoted, err := json.Marshal(deep)
	require.NoError(t, err)
	for sent, want := range map[string]string{
		`{"id":"x"}`:          `{"id":"x"}`,
		`"{\"id\":\"x\"}"`:    `{"id":"x"}`,
		`"null"`:              `null`,
		`[1]`:                 `[1]`,
		`7`:                   `7`,
		`null`:                ``,
		`""`:                  ``,
		`"{\"id\":"`:          ``,
		`"{} {}"`:             ``,
		string(quoted):        ``,
		`"{\"a\":\"\\ud8\"}"`: ``,
	} {
		var got json.RawMessage
		p := single(t, func(t *turn) { got = t.JSON("x") }, flow.JSON("x").Required())
		requireState(t, p.do("go", map[string]any{"x": json.RawMessage(sent)}), "a")
		require.Equal(t, want, string(got), sent)
	}
}

func TestInput_RawTellsNullFromAbsent(t *testing.T) {
	t.Parallel()

	var got json.RawMessage
	p := single(t, func(t *turn) { got = t.Raw("x") }, flow.JSON("x"))
	p.do("go", map[string]any{"x": nil})
	require.Equal(t, "null", string(got))
	p.do("go")
	require.Nil(t, got)
}

func TestInput_OnlyPreservedValuesAreEchoed(t *testing.T) {
	t.Parallel()

	p := single(t, nil,
		flow.String("kept").Max(10).Trim().Lowercase().Preserve(), flow.String("lost").Required(),
		flow.Password("secret").Preserve(), flow.String("plain").Preserve())
	value := func(a answer, input string) (any, bool) {
		v, ok := a.Actions["go"].Inputs[input]["value"]
		return v, ok
	}
	v, ok := value(p.last, "kept")
	require.True(t, ok, "a preserved input always has a value")
	require.Nil(t, v)

	a := p.do("go", map[string]any{"kept": "  KIM ", "secret": "hunter2", "plain": 5})
	requireError(t, a, "a", 400, "form_data_invalid_error")
	v, _ = value(a, "kept")
	require.Equal(t, "kim", v, "normalised")
	_, ok = value(a, "lost")
	require.False(t, ok)
	require.NotContains(t, a.body, "hunter2")
	v, ok = value(a, "plain")
	require.True(t, ok)
	require.Nil(t, v, "not text")

	a = p.do("go", map[string]any{"lost": "x"})
	v, _ = value(a, "kept")
	require.Equal(t, "", v, "trim turns a missing value into an empty one")
}

func TestInput_EchoFollowsTheActionIntoTheNextState(t *testing.T) {
	t.Parallel()

	rename := func(to flow.StateName) action {
		a := takes("rename", flow.String("name").Trim().Preserve())
		a.Run = func(*turn) (flow.Outcome, error) { return flow.Continue(to), nil }
		return a
	}
	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{
		"a": offering(rename("b"), takes("other", flow.String("name").Trim().Preserve())),
		"b": offering(rename("a"), takes("other", flow.String("name").Trim().Preserve())),
	}})
	a := p.do("rename", map[string]any{"name": " kim "})
	require.Equal(t, "kim", a.Actions["rename"].Inputs["name"]["value"], "the same action, in another state")
	require.Nil(t, a.Actions["other"].Inputs["name"]["value"])
}

func TestInput_PasswordsAreNeitherTrimmedNorChanged(t *testing.T) {
	t.Parallel()

	var got string
	p := single(t, func(t *turn) { got = t.Input("pw") }, flow.Password("pw").Required())
	p.do("go", map[string]any{"pw": "  Correct Horse\t"})
	require.Equal(t, "  Correct Horse\t", got)
}

func TestReject_AttachesErrorsAfterASemanticCheck(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(action{
		Name:   "register",
		Inputs: flow.Inputs[memory, *journal](flow.Email("email"), flow.String("username")),
		Run: func(*turn) (flow.Outcome, error) {
			return flow.Reject("email", flow.EmailAlreadyExists).And("username", flow.UsernameAlreadyExists), nil
		},
	})}})
	a := p.do("register")
	requireError(t, a, "a", 400, "form_data_invalid_error")
	require.Equal(t, "email_already_exists", a.inputError("register", "email"))
	require.Equal(t, "username_already_exists", a.inputError("register", "username"))
}

func TestReject_ToAnUndeclaredInputIsAProgrammingError(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(does("x", func(*turn) (flow.Outcome, error) {
		return flow.Reject("nowhere", flow.ValueInvalid), nil
	}))}})
	requireRefused(t, p.do("x"), 500, "technical_error")
}

func TestIsEmail_IsThePattern(t *testing.T) {
	t.Parallel()

	for _, s := range emailSeeds {
		require.Equal(t, emailPattern.MatchString(s), flow.IsEmail(s), s)
	}
}

var (
	emailPattern = regexp.MustCompile(`^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$`)
	emailSeeds   = []string{
		"", "@", "a@b.cd", "a@b.c", "a@.cd", "a@-.cd", "a@b..cd", "a@b.cd.", "a@b.c1", "a@b.1cd", "@b.cd", "a@b", "a.b@c.de",
		"a@b@c.de", "a b@c.de", "a@b.cd\n", "ä@b.cd", "a@ä.cd", "a@b.cä", "%@b.cd", "a@b_c.de", "a@b.c-d", "a@x.y.zz", "[@b.cd", "a@b.[z",
	}
)

func FuzzIsEmail(f *testing.F) {
	for _, s := range emailSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		require.Equal(t, emailPattern.MatchString(s), flow.IsEmail(s), "%q", s)
	})
}
