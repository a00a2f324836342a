package flow

// IsRequired tells whether the client must send the input.
func (i Input) IsRequired() bool { return i.required == yes }

// Limits returns the least and the greatest length in bytes; 0 means no limit.
func (i Input) Limits() (least, greatest int) { return i.min, i.max }

// An ActionDescription describes an action for documents.
type ActionDescription struct {
	Name        string
	Description string
	Inputs      []Input // as they are for an empty flow in the environment given
	Leads       []StateName
}

// Describe returns the actions of a state for documents, in order, or nil if there is no such state. Inputs depend on the turn: those
// returned are what the environment and an empty flow lead to. An action that cannot say its inputs without a flow has none here.
func (f *Flow[D, E]) Describe(name StateName, env E) []ActionDescription {
	s := f.states[name]
	if s == nil {
		return nil
	}
	list := make([]ActionDescription, 0, len(s.actions))
	for _, a := range s.actions {
		list = append(list, ActionDescription{Name: a.Name, Description: a.Description, Inputs: f.describeInputs(a, name, env), Leads: f.existing(leadsOf(a.Leads))})
	}
	return list
}

func (f *Flow[D, E]) describeInputs(a *action[D, E], name StateName, env E) (inputs []Input) {
	if a.Inputs == nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			inputs = nil
		}
	}()
	return a.Inputs(&Turn[D, E]{Data: new(D), Env: env, rec: &Record{Flow: f.def.Name, State: name}})
}
