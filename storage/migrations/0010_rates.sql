-- How often somebody may ask for what: budgets that all processes share.
select;
