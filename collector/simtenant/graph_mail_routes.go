package simtenant

// mailRoutes are the paths of drives, of the tenant's settings and of telephone numbers.
func (t *Tenant) mailRoutes() []route {
	files := []string{"Files.Read.All", "Sites.Read.All"}
	return []route{
		{"/users/{id}/drive", nil, familyDrives, files, 1, t.getDriveOfUser},
		{"/drives/{id}", nil, familyDrives, files, 1, t.getDrive},
		{"/drives/{id}/items/{id}/permissions", nil, familyDrives, files, 5, t.listRootPermissions},
		{"/admin/sharepoint/settings", nil, familyAdmin, []string{"SharePointTenantSettings.Read.All"}, 1, t.getSharePointSettings},
		{"/admin/reportSettings", nil, familyAdmin, []string{"ReportSettings.Read.All"}, 1, t.getReportSettings},
		{
			"/admin/teams/telephoneNumberManagement/numberAssignments", nil, familyTeams,
			[]string{"TeamsTelephoneNumber.Read.All"},
			1,
			t.listNumberAssignments,
		},
	}
}
