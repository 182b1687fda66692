"""Sign-in, through the functions that the sign-in role may call."""

PERSON = "select id, password_hash from signin_person($1)"
OPEN = "select signin_open($1, $2, $3, $4, $5, $6, $7)"
ME = """select p.id, p.name, p.email::text, p.zone,
        coalesce((select json_agg(json_build_object('org', json_build_object('id', o.id, 'name', o.name, 'zone', o.zone,
            'case_types', o.case_types), 'role', g.role) order by o.name)
            from grants g join organisations o on o.id = g.scope where g.person = p.id), '[]') as seats
    from people p where p.id = $1"""
MINE = """select id, person, kind, label, made_at, expires_at from sessions
    where person = (select me()) and ended_at is null and expires_at > $1 order by made_at desc limit 200"""
