// Package settings reads the process settings of Latchkeep: what an operator decides once per deployment, not once per
// tenant. It merges, from weak to strong, built-in defaults, one YAML file, the environment and flags, checks the result,
// and reports every problem at once under the name the operator used.
//
// Two families of names are understood. Our own: the dotted path of a key in the file, LATCHKEEP_ and the path in upper
// case in the environment (and …_FILE for a value kept in a file). And those of a Hanko config.yaml and its unprefixed
// environment variables, so that an existing installation can be moved without rewriting its configuration.
//
// The room never opens a connection, never logs, and never prints a secret. It does not know what a tenant's settings
// mean: in single-tenant mode it hands the tenant part of the file and environment over as a plain map.
package settings
