package flows

import (
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A Description names a flow's states and their actions, for documents.
type Description struct {
	Name   string
	States []DescribedState
	// Map says how the flow begins, and what its groups of states schedule.
	Map flow.Map
}

// A DescribedState is a state and its actions.
type DescribedState struct {
	Name    string
	Actions []flow.ActionDescription
}

// Describe lists the flows that are served. Inputs are those of a tenant with the default configuration that also has usernames.
func (f *Flows) Describe() []Description {
	c := config.Default()
	c.Username.Enabled = true
	env := &Env{Tenant: &tenants.Tenant{Config: &c}}
	var list []Description
	for _, name := range Names() {
		ready, ok := f.flows[name]
		if !ok {
			continue
		}
		d := Description{Name: name, Map: ready.Map()}
		for _, state := range ready.StateNames() {
			d.States = append(d.States, DescribedState{Name: string(state), Actions: ready.Describe(state, env)})
		}
		list = append(list, d)
	}
	return list
}
