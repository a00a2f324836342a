// Package load puts a deployment under load as its visitors, back ends and operators would, and says how it did: how many operations, how long they
// took, what went wrong, and what they cost. It is the inside of the command latchkeep-load, which operators point at deployments of their own.
//
// Its tests also keep the program running for long, restart what it needs, and restart its replicas one after the other, all under this load:
// "make soak" and "make restarts".
package load
