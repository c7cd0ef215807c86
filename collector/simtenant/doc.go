// Package simtenant is a simulated Microsoft 365 tenant: Entra sign-in, Microsoft
// Graph and the Exchange Online admin REST interface, with people in it whose truth
// is known. It stands in for the real services in tests, in demonstrations and in
// benchmarks.
//
// It is written from Microsoft's documentation, independently of this project's
// client: where the two disagree, one of them has read the documentation wrongly.
//
// # Guarantees
//
// The same Options give the same tenant, to the byte of every answer but for request
// ids and nonces. What Microsoft refuses is refused in Microsoft's words, and what a
// client should not have done is remembered (Complaints). Requests are counted by the
// family whose quota they use, the items of a batch one by one (Requests). Truth says
// for every person of the roster what each rule of the checklist has to find in the
// default tenant, alone and beside a snapshot of its earlier view, and TenantTruth for
// the tenant; it is written down per story and never computed from the data that is
// served. Options.Earlier gives that view: the same people under the same ids.
//
// Services fail as they are told to (Options.Faults, Options.Chaos; FaultKinds lists how),
// and refuse what is asked too often (Options.Quotas). Which call fails depends on what is
// asked and how often, not on time. Transport reaches the tenant without a network and on
// the clock of package time alone.
//
// # Non-guarantees
//
// It knows the endpoints, filters and cmdlets that reading leavers needs, and refuses
// the rest, with a complaint, although the real services may offer it. The earlier view
// undoes what a comparison with it can find, and no more. Tokens are checked for audience,
// tenant, expiry and roles; they are no security.
package simtenant
