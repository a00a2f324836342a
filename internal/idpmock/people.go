package idpmock

// Directory is the id of the directory that Kim is in at Microsoft.
const Directory = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"

// builtIn are the built-in providers with Kim, as each tells of her.
func builtIn() []*Provider {
	return []*Provider{
		{
			ID: "apple", Issuer: "https://appleid.apple.com", Auth: "post", FormPost: true, WithIDToken: true,
			Claims: map[string]any{
				"sub": "001473.fe6f83bf4b8e4590aacbabdcb8598bd0.2039", "email": "kim@shop.example", "email_verified": "true", "is_private_email": "false",
				"auth_time": 1700000000, "nonce_supported": true,
			},
		},
		{
			ID: "discord",
			UserInfo: map[string]any{
				"id": "80351110224678912", "username": "kim", "global_name": "Kim K", "avatar": "8342729096ea3675442027381ff50dfe",
				"email": "kim@shop.example", "verified": true, "mfa_enabled": true, "flags": 64,
			},
		},
		{
			ID: "facebook", Proof: true,
			UserInfo: map[string]any{
				"id": "10158000000000001", "name": "Kim M Kovac", "email": "kim@shop.example", "first_name": "Kim", "middle_name": "M", "last_name": "Kovac",
				"picture": map[string]any{"data": map[string]any{"url": "https://platform-lookaside.example/kim.jpg", "is_silhouette": false, "height": 50}},
			},
		},
		{
			ID: "github", FormTokens: true,
			UserInfo: map[string]any{
				"id": 583231, "login": "kim", "name": "Kim K", "avatar_url": "https://avatars.example/u/583231", "email": "public@elsewhere.example",
				"created_at": "2011-01-25T18:44:36Z", "plan": map[string]any{"name": "pro"},
			},
			Emails: []map[string]any{
				{"email": "old@shop.example", "primary": false, "verified": true, "visibility": nil},
				{"email": "kim@shop.example", "primary": true, "verified": true, "visibility": "private"},
			},
		},
		{
			ID: "google", Auth: "post",
			UserInfo: map[string]any{
				"sub": "110169484474386276334", "name": "Kim Kovac", "given_name": "Kim", "family_name": "Kovac",
				"picture": "https://lh3.example/kim", "email": "kim@shop.example", "email_verified": true, "hd": "shop.example",
			},
		},
		{
			ID: "linkedin", Issuer: "https://www.linkedin.com/oauth", Auth: "post", NoVerifier: true, WithIDToken: true,
			UserInfo: map[string]any{
				"sub": "782bbtaQ", "name": "Kim Kovac", "given_name": "Kim", "family_name": "Kovac", "picture": "https://media.example/kim",
				"locale": map[string]any{"country": "US", "language": "en"}, "email": "kim@shop.example", "email_verified": true,
			},
			Claims: map[string]any{"sub": "782bbtaQ"},
		},
		{
			ID: "microsoft", Issuer: "https://login.microsoftonline.com/" + Directory + "/v2.0", AlgLess: true, WithIDToken: true,
			Claims: map[string]any{
				"sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "tid": Directory, "oid": "00000000-0000-0000-66f3-3332eca7ea81", "ver": "2.0",
				"name": "Kim Kovac", "preferred_username": "kim@shop.example", "email": "kim@shop.example", "given_name": "Kim", "family_name": "Kovac",
			},
		},
	}
}

// custom is an OpenID Connect provider of no name.
func custom(id, issuer string) *Provider {
	return &Provider{
		ID: id, Issuer: issuer, WithIDToken: true,
		UserInfo: map[string]any{"sub": "kim-at-" + id, "email": "kim@shop.example", "email_verified": true, "name": "Kim K", "employee": 7},
		Claims:   map[string]any{"sub": "kim-at-" + id},
	}
}
