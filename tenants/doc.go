// Package tenants knows what a tenant is: its identity, its configuration, its keys, and how all of these come into being, change and end.
//
// A request gets a [Tenant], an immutable snapshot compiled once and kept in a bounded [Registry]; changes go through the [Provisioner],
// which bumps the tenant's version so that every replica drops its snapshot. [APIKeys] and [OperatorTokens] say who may administer what.
//
// It knows no HTTP and nothing of users or sessions. What other rooms compile for a tenant rides on the snapshot through [Memo], so that this
// package imports none of them. It never lists all tenants to serve a request or to start.
package tenants
