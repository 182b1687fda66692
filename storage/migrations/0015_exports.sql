-- Placeholder.
select;
