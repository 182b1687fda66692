-- What was changed or refused, in the order of the record, past all that was only looked at: see `CHANGES` in
-- storage/postgres/audit_questions.py, which says it word for word.

create index audit_leaves_changes on audit_leaves (log, at, n)
    where outcome = 'refused' or act not in ('document.read', 'document.found', 'conversation.read',
        'conversation.heard', 'conversation.found', 'export.read', 'audit.read', 'audit.exported', 'case.exported',
        'key.used', 'marker.moved');
create index audit_leaves_case_changes on audit_leaves (case_id, at, n)
    where case_id is not null and (outcome = 'refused' or act not in ('document.read', 'document.found', 'conversation.read',
        'conversation.heard', 'conversation.found', 'export.read', 'audit.read', 'audit.exported', 'case.exported',
        'key.used', 'marker.moved'));

-- As before, with the app that holds the session for its person: what is done by it says so in the record.
drop function signin_known(bytea, timestamptz);
create function signin_known(p_hash bytea, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, scopes text[], via uuid)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind, s.scopes, (select f.app from public.oauth_families f where f.id = s.family)
            from public.sessions s where s.token_hash = p_hash and s.ended_at is null and s.expires_at > p_now;
    end;
drop function signin_session(bytea, timestamptz);
create function signin_session(p_hash bytea, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, expires_at timestamptz, scopes uuid[], roles text[], opens text[],
        via uuid)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind, s.expires_at,
            coalesce((select array_agg(g.scope order by g.scope, g.role) from public.grants g where g.person = s.person), '{}'),
            coalesce((select array_agg(g.role order by g.scope, g.role) from public.grants g where g.person = s.person), '{}'),
            s.scopes, (select f.app from public.oauth_families f where f.id = s.family)
        from public.sessions s where s.token_hash = p_hash and s.ended_at is null and s.expires_at > p_now
            and (s.mfa or not public.needs_factor(s.person));
    end;
revoke execute on function signin_known(bytea, timestamptz), signin_session(bytea, timestamptz) from public;
grant execute on function signin_known(bytea, timestamptz), signin_session(bytea, timestamptz) to casewire_signin;
