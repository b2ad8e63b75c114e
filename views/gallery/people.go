package gallery

import (
	"tidemark/views/roles"
	"tidemark/views/ui"
	"tidemark/views/users"
)

func sampleUsers() users.ListProps {
	const day, at = 86_400_000, "/console/gallery/user"
	return users.ListProps{
		Base: "/console/gallery/users", Now: now,
		Roles: []ui.Option{{Value: "", Label: "any role", Selected: true}, {Value: "owner", Label: "Owner"}, {Value: "clerk", Label: "Clerk"}},
		Rows: []users.Row{
			{ID: "amina", Href: at, Name: "Amina Haddad", Email: "amina@example.com", Role: "Owner", State: users.Active, Items: 12, Bytes: 4_096},
			{ID: "dana.okafor", Href: at, Name: "Dana Okafor", Email: "dana@example.com", Role: "Clerk", State: users.Out, Items: 4_917, Bytes: 12 << 20},
			{ID: "luis.ferreira", Href: at, Email: "luis@example.com", State: users.Disabled},
			{ID: "tablet-pool", Href: at, State: users.Active, Items: 128_340, Bytes: 48_210_331},
			{ID: hostile + long, Href: at, Name: hostile, Email: hostile, Role: hostile + long, State: users.Active},
		},
		Invitations: []users.Invitation{{Email: "rosa@example.com", Role: "Reviewer", SentAt: now - day, EndsAt: now + 6*day}, {Email: hostile, Role: hostile, User: hostile, SentAt: now - 6*day, EndsAt: now + day}},
	}
}

func sampleRoles() roles.MatrixProps {
	head := func(name, title string, members int64) roles.Head {
		return roles.Head{Name: name, Title: title, Href: "/console/gallery/role", Members: members}
	}
	clerk, odd := head("clerk", "Clerk", 12), head("odd", hostile+long, 1_200_340)
	clerk.Own, clerk.MFA, clerk.Fields, odd.Own = true, true, 2, true
	return roles.MatrixProps{
		Base:  "/console/gallery/roles",
		Roles: []roles.Head{head("owner", "Owner", 1), head("viewer", "Viewer", 0), clerk, odd},
		Rows: []roles.Line{
			{Area: "Items", Name: "items:read", Label: "Read items", Cells: []roles.Cell{roles.Whole, roles.Whole, roles.Whole, roles.Part}},
			{Name: "items:write", Label: "Write and remove items", Writes: true, Cells: []roles.Cell{roles.Whole, roles.None, roles.Part, roles.None}},
			{Area: "Access", Name: "members:write", Label: "Invite and change users", Writes: true, Cells: []roles.Cell{roles.Whole, roles.None, roles.None, roles.None}},
		},
		Trash: []roles.Head{{Name: "former", Title: "Former " + hostile, Href: "/console/gallery/roles", Version: 3}},
		People: roles.Registration{
			Action: "/console/gallery/roles", Version: 4, Roles: []ui.Option{{Label: "Closed: nobody", Selected: true}, {Value: "member", Label: "Member"}},
			MFA: []roles.Tick{{Value: "owner", Label: "Owner", On: true}, {Value: "clerk", Label: "Clerk"}},
		},
	}
}

func peoplePages() []PageState {
	none, nobody := users.ListProps{Base: "/console/gallery/users", Now: now}, users.ListProps{Base: "/console/gallery/users", Text: hostile, Now: now}
	taken := users.InviteProps{Base: "/console/gallery/users", Email: hostile, Name: hostile, User: hostile, Roles: sampleUsers().Roles[1:], Errors: map[string]string{"email": "must be one address", "userId": "is somebody else's"}}
	stale := sampleRoles()
	stale.People.Stale, stale.Trash = true, nil
	return []PageState{
		shelled("users", "Users", "users", users.List(sampleUsers())),
		shelled("users-none", "Users", "users", users.List(none)),
		shelled("users-no-match", "Users", "users", users.List(nobody)),
		shelled("users-invite-wrong", "Invite a user", "users", users.Invite(taken)),
		shelled("roles", "Roles", "roles", roles.Matrix(sampleRoles())),
		shelled("roles-stale", "Roles", "roles", roles.Matrix(stale)),
	}
}
