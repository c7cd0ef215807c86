package plan

// A portal is one of Microsoft's admin centres.
type portal string

const (
	admin    portal = "Microsoft 365 admin centre"
	entra    portal = "Microsoft Entra admin centre"
	exchange portal = "Exchange admin centre"
	intune   portal = "Microsoft Intune admin centre"
	teams    portal = "Teams admin centre"
	onPrem   portal = "Active Directory Users and Computers"
)

// page names a page: the portal's address in the cloud where it is known, its name where it is not, and the
// way through its menus.
func page(cloud string, p portal, way string) string {
	where := string(p)
	if host := portalHost(cloud, p); host != "" {
		where = "https://" + host
	}
	return where + " > " + way
}

// portalHost is where a cloud has a portal. Microsoft names no Exchange admin centre of its own for DoD, nor one of
// 21Vianet's besides the classic one, and Teams is not among 21Vianet's services.
func portalHost(cloud string, p portal) string {
	switch cloud {
	case "global":
		return map[portal]string{
			admin: "admin.microsoft.com", entra: "entra.microsoft.com", exchange: "admin.exchange.microsoft.com",
			intune: "intune.microsoft.com", teams: "admin.teams.microsoft.com",
		}[p]
	case "usgov":
		return map[portal]string{
			admin: "portal.office365.us", entra: "entra.microsoft.us", exchange: "admin.exchange.office365.us",
			intune: "intune.microsoft.us", teams: "admin.gov.teams.microsoft.us",
		}[p]
	case "dod":
		return map[portal]string{
			admin: "portal.apps.mil", entra: "entra.microsoft.us", intune: "intune.microsoft.us", teams: "admin.dod.teams.microsoft.us",
		}[p]
	case "china":
		return map[portal]string{
			admin: "portal.partner.microsoftonline.cn", entra: "entra.microsoftonline.cn", intune: "intune.microsoftonline.cn",
		}[p]
	}
	return ""
}

// graphUsers is the address of users in the cloud's Graph, empty where it is not known.
func graphUsers(cloud string) fixed {
	switch cloud {
	case "global":
		return "'https://graph.microsoft.com/v1.0/users/'"
	case "usgov":
		return "'https://graph.microsoft.us/v1.0/users/'"
	case "dod":
		return "'https://dod-graph.microsoft.us/v1.0/users/'"
	case "china":
		return "'https://microsoftgraph.chinacloudapi.cn/v1.0/users/'"
	}
	return ""
}
