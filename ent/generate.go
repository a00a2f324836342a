// Package ent is the database client that entgo.io/ent generates from ent/schema. Its queries and changes are confined to the scope of their
// context (ent/scope); get one from ent/store, which is the only place that makes them. Nothing here is written by hand but this file.
package ent

//go:generate go tool ent generate --feature sql/lock,sql/upsert,intercept,sql/versioned-migration ./schema
