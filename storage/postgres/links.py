"""Links in the mail, and whom staff let come in by them."""

ASK = "select signin_ask_link($1, $2, $3, $4, $5, $6, $7, $8)"
USE = "select person, second from signin_use_link($1, $2, $3)"
GIVE = "select give_link($1, $2, $3, $4, $5, $6, $7, $8)"
TAKE = "select take_link($1, $2)"
HOLDERS = "select person from link_holders where org = $1 order by person limit 5000"
