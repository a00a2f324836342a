// Package isolation tries, by HTTP, everything that one tenant could do to another, and looks at the rows of both afterwards.
//
// Two tenants have one of everything. Each operation of the OpenAPI documents and each action of each flow is tried with what belongs to the other one.
// What is tried is made from the documents and the flows' own descriptions, so a new operation or action without a case fails. Its subpackage mutation
// takes one safeguard away at a time, and expects that tests notice. It holds tests alone.
package isolation
