package simtenant

// Templates are the paths of Graph that a tenant knows.
func (t *Tenant) Templates() []string {
	var out []string
	for _, r := range t.graphRoutes {
		out = append(out, r.template)
	}
	return out
}
