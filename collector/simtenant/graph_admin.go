package simtenant

// getSharePointSettings answers for the tenant's settings of SharePoint and OneDrive.
func (t *Tenant) getSharePointSettings(g *graphCall) (answer, error) {
	return settings(g, "sharepointSettings", "admin/sharepoint/settings", map[string]any{
		"id": t.id, "deletedUserPersonalSiteRetentionPeriodInDays": t.driveRetention(), "isUnmanagedSyncAppForTenantRestricted": false,
		"sharingCapability": "externalUserAndGuestSharing", "sharingDomainRestrictionMode": "none", "sharingAllowedDomainList": []string{},
		"sharingBlockedDomainList": []string{}, "allowedDomainGuidsForSyncApp": []string{}, "availableManagedPathsForSiteCreation": []string{"/sites/", "/teams/"},
		"excludedFileExtensionsForSyncApp": []string{}, "imageTaggingOption": "basic", "isCommentingOnSitePagesEnabled": true,
		"isFileActivityNotificationEnabled": true, "isLegacyAuthProtocolsEnabled": false, "isLoopEnabled": true, "isMacSyncAppEnabled": true,
		"isRequireAcceptingUserToMatchInvitedUserEnabled": true, "isResharingByExternalUsersEnabled": false, "isSharePointMobileNotificationEnabled": true,
		"isSharePointNewsfeedEnabled": false, "isSiteCreationEnabled": true, "isSiteCreationUIEnabled": true, "isSitePagesCreationEnabled": true,
		"isSitesStorageLimitAutomatic": true, "isSyncButtonHiddenOnPersonalSite": false, "personalSiteDefaultStorageLimitInMB": driveQuota >> 20,
		"siteCreationDefaultManagedPath": "/sites/", "siteCreationDefaultStorageLimitInMB": 26214400,
		"tenantDefaultTimezone": "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
		"idleSessionSignOut":    map[string]any{"isEnabled": false, "signOutAfterInSeconds": 0, "warnAfterInSeconds": 0},
	})
}

// getReportSettings tells whether usage reports hide names.
func (t *Tenant) getReportSettings(g *graphCall) (answer, error) {
	return settings(g, "adminReportSettings", "admin/reportSettings", map[string]any{"displayConcealedNames": t.options.ConcealedNames})
}

func settings(g *graphCall, kind, context string, row map[string]any) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, kind, hasKey(row)); err != nil {
		return answer{}, err
	}
	return entity(g, context, pick(row, g.query.selected))
}
