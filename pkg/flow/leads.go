package flow

import (
	"fmt"
	"slices"
)

// leadsOf reads [Action.Leads]: nothing is what is queued.
func leadsOf(leads []StateName) []StateName {
	if len(leads) == 0 {
		return []StateName{Queued}
	}
	return leads
}

// checkStep refuses, in a closed definition, a step that the action does not announce.
func (f *Flow[D, E]) checkStep(a *action[D, E], o Continuation, scheduled []StateName) error {
	if !f.def.Closed {
		return nil
	}
	leads := leadsOf(a.Leads)
	if len(o.states) == 0 && !o.stay && !slices.Contains(leads, Queued) {
		return fmt.Errorf("%s went on with the queue, which it does not announce", a.Name)
	}
	for _, name := range slices.Concat(scheduled, o.states) {
		if !slices.Contains(leads, name) {
			return fmt.Errorf("%s led to %s, which it does not announce", a.Name, name)
		}
	}
	return nil
}

// checkScheduled refuses, in a closed definition, states that a group does not announce.
func (f *Flow[D, E]) checkScheduled(scheduled, leads []StateName) error {
	if !f.def.Closed {
		return nil
	}
	for _, name := range scheduled {
		if !slices.Contains(leads, name) {
			return fmt.Errorf("scheduled %s, which is not announced", name)
		}
	}
	return nil
}

// existing leaves out states that the flow does not have: states that several flows share may lead to some that only one of them has.
func (f *Flow[D, E]) existing(leads []StateName) []StateName {
	return slices.DeleteFunc(slices.Clone(leads), func(name StateName) bool { return name != Queued && f.states[name] == nil })
}

// A Map is how a flow hangs together, for diagrams.
type Map struct {
	Start  []StateName
	Groups []MappedGroup
}

// A MappedGroup is a group whose way out schedules states.
type MappedGroup struct {
	Name          string
	States, Leads []StateName
}

// Map returns how the flow begins, and what its groups schedule.
func (f *Flow[D, E]) Map() Map {
	m := Map{Start: f.def.Start}
	for _, g := range f.def.Groups {
		m.Groups = append(m.Groups, MappedGroup{Name: g.Name, States: g.States, Leads: f.existing(g.Leads)})
	}
	return m
}
