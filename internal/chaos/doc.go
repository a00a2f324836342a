// Package chaos kills the program and what it needs, again and again, while it is used, and then looks for what was lost.
//
// Its tests run servers of their own (PostgreSQL, MariaDB and Redis from installed binaries, in a temporary directory, on free ports) and the
// program as it is deployed: serve and two workers. They are built with the tag chaos; "make chaos" runs them and says what it counted.
// docs/reliability.md explains the figures.
//
// What is certain: the database says what was committed. For each user in it the webhook user.create must have arrived and the audit log must
// have one record; for each that was deleted, user.delete; for each code that was made, its mail. Nothing may have arrived of what is not there.
package chaos
