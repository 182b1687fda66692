-- Tokens of people and of services, each with the scopes that it opens.
select;
