-- Teams, and ethical walls that beat every grant.
select;
