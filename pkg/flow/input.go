package flow

// Kind is the type of an input on the wire.
type Kind string

// The kinds of inputs.
const (
	KindString   Kind = "string"
	KindEmail    Kind = "email"
	KindPassword Kind = "password"
	KindBoolean  Kind = "boolean"
	KindNumber   Kind = "number"
	KindJSON     Kind = "json"
)

// An Input describes one value an action takes: how it is shown to the client, normalised, and checked. Build one with
// [String], [Email], [Password], [Boolean], [Number] or [JSON].
type Input struct {
	name      string
	kind      Kind
	min, max  int // bytes; 0 means no limit
	required  option
	hidden    option
	trim      bool
	lowercase bool
	preserve  bool
	unchecked bool
	value     *string
	allowed   []Choice
}

// option is a boolean that can also be left unsaid.
type option uint8

const (
	unsaid option = iota
	yes
	no
)

// A Choice is one of the values an input accepts.
type Choice struct {
	Value string // what is sent
	Name  string // what is shown
}

// String is a text input.
func String(name string) Input { return Input{name: name, kind: KindString} }

// Email is a text input that must hold an e-mail address.
func Email(name string) Input { return Input{name: name, kind: KindEmail} }

// Password is a text input whose value is never shown, not even after a failed attempt.
func Password(name string) Input { return Input{name: name, kind: KindPassword} }

// Boolean is never refused: a missing value is false; "true", "1", "t" and non-zero numbers are true.
func Boolean(name string) Input { return Input{name: name, kind: KindBoolean} }

// Number takes a number or a text holding one.
func Number(name string) Input { return Input{name: name, kind: KindNumber} }

// JSON takes any JSON value, or a text containing JSON. It is never refused here; the action checks what it got.
func JSON(name string) Input { return Input{name: name, kind: KindJSON} }

// Required refuses a missing or empty value.
func (i Input) Required() Input { i.required = yes; return i }

// Optional says explicitly that the value may be missing ("required": false). Without it nothing is said.
func (i Input) Optional() Input { i.required = no; return i }

// RequiredIf is Required or Optional.
func (i Input) RequiredIf(required bool) Input {
	if required {
		return i.Required()
	}
	return i.Optional()
}

// Min is the smallest length of a non-empty value, in bytes of UTF-8.
func (i Input) Min(bytes int) Input { i.min = bytes; return i }

// Max is the greatest length of a value, in bytes of UTF-8.
func (i Input) Max(bytes int) Input { i.max = bytes; return i }

// Trim strips white space around the value before it is checked.
func (i Input) Trim() Input { i.trim = true; return i }

// Lowercase turns the value to lower case before it is checked.
func (i Input) Lowercase() Input { i.lowercase = true; return i }

// Hidden tells the client not to show a field for the input.
func (i Input) Hidden() Input { i.hidden = yes; return i }

// Visible says explicitly that the input is not hidden ("hidden": false). Without it nothing is said.
func (i Input) Visible() Input { i.hidden = no; return i }

// Preserve echoes the submitted value, normalised, in the answer to the action; otherwise the value shown is null.
// Passwords are never preserved.
func (i Input) Preserve() Input { i.preserve = i.kind != KindPassword; return i }

// Unchecked shows the rules but leaves checking to the action, for actions that answer with other codes than these rules.
// The value is normalised as usual.
func (i Input) Unchecked() Input { i.unchecked = true; return i }

// Value shows a value set by the server. Clients send it back unless the person changes it.
func (i Input) Value(v string) Input { i.value = &v; return i }

// Allowed restricts the values accepted; an empty list restricts nothing.
func (i Input) Allowed(choices ...Choice) Input { i.allowed = choices; return i }

// Name returns the input's name.
func (i Input) Name() string { return i.name }

// Kind returns the input's type on the wire.
func (i Input) Kind() Kind { return i.kind }

// Inputs makes the Inputs function of an action that always takes the same inputs.
func Inputs[D, E any](list ...Input) func(*Turn[D, E]) []Input {
	return func(*Turn[D, E]) []Input { return list }
}
