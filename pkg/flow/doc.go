// Package flow is the engine behind conversations such as "log in" or "register": a person is led from state to
// state, each state offers actions, and an action ends in a continuation, an error or a step back.
//
// A flow is data (a [Definition]): states, their actions, and hooks, generic over D, the typed data a flow remembers
// between requests, and E, the environment of one request (tenant settings, client, queued effects), which is never
// stored. [New] checks a definition and returns a [Flow]; [Flow.Start] and [Flow.Continue] compute what a request leads
// to and return a [Result]: what the caller has to store, and how to render the answer once it is stored.
//
// The package does no I/O of its own, keeps no state between calls, knows nothing of tenants, users, HTTP routes or
// databases, and never runs a hook while the caller's transaction is open. README.md tells the whole story.
package flow
