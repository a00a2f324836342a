// Package hankodb takes over what is in the database of a Hanko installation: tenants with their keys, people with all they sign in with,
// sessions, trusted devices, webhooks, SAML connections and audit records.
//
// The old database is only read, in one transaction that sees one moment of it. It is read with plain SQL by what its information_schema says
// is there, so older versions do; nothing of Hanko's is needed but its schema and its secrets. What is read is written through the rooms of
// this program in parts, each in one unit of work, so an import that was broken off is taken up by running it again: what is there stays as
// it is.
//
// What does not fit our rules is kept out piece by piece, never the person it belongs to, and every such piece is told as a Problem.
// Spec: data-model §2 and §4, session §3.
package hankodb
