-- The OAuth 2 and OpenID Connect provider: clients, what they were given, and the keys that sign.
select;
