package collector

// WithListing are the options with the decision made whether mailboxes are listed.
func WithListing(o Options, list bool) Options {
	o.listingPays = func(int, int) bool { return list }
	return o
}
