-- Signing in through outside identity providers, and by links that are sent by mail.
select;
