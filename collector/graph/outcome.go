package graph

import (
	"errors"
	"net/http"
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// Outcome is one fact and where it came from. From names neither leaver nor fact: who asked knows them.
// Also are the further requests that it rests on. Err is what made the fact unknown, nil when the service answered.
type Outcome struct {
	Fact snapshot.Fact
	From snapshot.Provenance
	Also []snapshot.Provenance
	Err  error
}

// The licences that endpoints need.
const (
	premium = "a Microsoft Entra ID P1 or P2 licence in the tenant"
	intune  = "a Microsoft Intune licence in the tenant"
)

// permission is how a needed Graph permission is named to people.
func permission(name string) string { return "the Graph application permission " + name }

// unknown says why a read brought nothing to be trusted. Needs is the permission of the endpoint.
func unknown(err error, needs string) snapshot.Fact {
	reason, mend, refusal := wire.Why(err)
	f := snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Reason(reason), Detail: err.Error(), Needs: mend}
	if refusal != nil {
		f.Reason, f.Needs = refused(refusal, needs)
	}
	return f
}

// refused reads a 4xx: facts/graph-api 0.1 lists the codes. Status decides first, then code, then
// message, because Graph sends empty codes too.
func refused(e *wire.Error, needs string) (snapshot.Reason, string) {
	switch {
	case e.Code == "Authentication_RequestFromNonPremiumTenantOrB2CTenant", e.Code == "AadPremiumLicenseRequired":
		return snapshot.Unlicensed, premium
	case strings.Contains(e.Message, "Request not applicable to target tenant"):
		return snapshot.Unlicensed, intune
	case strings.Contains(e.Message, "does not have a SPO license"):
		return snapshot.Unlicensed, "a SharePoint Online licence in the tenant"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return snapshot.Forbidden, needs
	}
	return snapshot.Unsupported, ""
}

// failed describes a request that brought no answer.
func failed(endpoint string, err error) snapshot.Provenance {
	p := snapshot.Provenance{Endpoint: endpoint}
	var e *wire.Error
	if errors.As(err, &e) {
		p.At, p.RequestID, p.Attempts, p.Status = e.At, e.RequestID, e.Attempts, e.Status
	}
	return p
}

// listed describes a listing.
func listed(endpoint string, l wire.Listed, err error) snapshot.Provenance {
	p := snapshot.Provenance{Endpoint: endpoint, At: l.At, RequestID: l.RequestID, Attempts: l.Attempts, Status: l.Status}
	if err != nil {
		attempts := p.Attempts
		p = failed(endpoint, err)
		p.Attempts += attempts
	}
	p.List = &snapshot.List{Pages: l.Pages, Rows: l.Rows, Distinct: l.Distinct, Count: l.Count, Restarts: l.Restarts, Complete: err == nil}
	return p
}

// permanent reports whether every further request of the kind would be refused alike, so that it is
// asked once and not once per leaver.
func permanent(f snapshot.Fact) bool {
	return f.State == snapshot.Unknown && (f.Reason == snapshot.Unlicensed || f.Reason == snapshot.Forbidden)
}
