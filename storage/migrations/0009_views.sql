-- Details of a case that not every role sees, and what of a case is public.
select;
