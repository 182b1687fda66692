SELECT pg_catalog.set_config('search_path', '', false);
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE TABLE public.cases (
    id uuid NOT NULL,
    org uuid NOT NULL,
    type text NOT NULL,
    type_version integer NOT NULL,
    number text NOT NULL,
    title text NOT NULL,
    status text NOT NULL,
    is_open boolean NOT NULL,
    intake jsonb NOT NULL,
    zone text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    opened_by uuid NOT NULL,
    closed_at timestamp with time zone,
    source text,
    audience text[] NOT NULL,
    access bigint DEFAULT 1 NOT NULL,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.cases FORCE ROW LEVEL SECURITY;
CREATE TABLE public.organisations (
    id uuid NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    case_types text[] NOT NULL,
    access bigint DEFAULT 1 NOT NULL,
    made_at timestamp with time zone NOT NULL,
    mfa_roles text[] DEFAULT '{}'::text[] NOT NULL,
    mfa_since timestamp with time zone,
    scim_role text DEFAULT 'outside'::text NOT NULL,
    CONSTRAINT organisations_scim_role_check CHECK ((scim_role = ANY (ARRAY['outside'::text, 'desk'::text])))
);
ALTER TABLE ONLY public.organisations FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.access_counters(p_org uuid, p_case uuid) RETURNS bigint[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ARRAY[COALESCE(( SELECT cases.access
            FROM public.cases
           WHERE (cases.id = access_counters.p_case)), (0)::bigint), COALESCE(( SELECT organisations.access
            FROM public.organisations
           WHERE (organisations.id = access_counters.p_org)), (0)::bigint)] AS "array";
END;
CREATE FUNCTION public.me() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('casewire.person'::text, true), ''::text))::uuid;
CREATE TABLE public.grants (
    person uuid NOT NULL,
    scope uuid NOT NULL,
    role text NOT NULL,
    org uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.grants FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.administers(p_org uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM public.grants g
           WHERE ((g.person = public.me()) AND (g.scope = administers.p_org) AND (g.role = 'admin'::text)))) AS "exists";
END;
CREATE FUNCTION public.answer_invitation(p_id uuid, p_accept boolean, p_secret bytea, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    i invitations;
    mine people;
begin
    select * into i from invitations where id = p_id and person = me() for update;
    select * into mine from people where id = me();
    if i.id is null or i.withdrawn_at is not null or (i.answered_at is null and i.expires_at <= p_now)
            or mine.vouched or i.email is distinct from mine.email then
        return 'absent';
    end if;
    if i.answered_at is not null then
        return case when i.accepted = p_accept then 'again' else 'absent' end;
    end if;
    if p_accept and i.token_hash is distinct from p_secret and mine.email_proved_at is null then
        return 'unproved';
    end if;
    update invitations set answered_at = p_now, accepted = p_accept, used_at = p_now, revision = revision + 1
        where id = p_id;
    if not p_accept then
        return 'declined';
    end if;
    if i.token_hash = p_secret then
        update people set email_proved_at = coalesce(email_proved_at, p_now) where id = me();
    end if;
    if exists (select 1 from grants where person = me() and scope = i.org) then
        return 'again';
    end if;
    insert into grants (person, scope, role, org, since) values (me(), i.org, i.role, i.org, p_now);
    perform settle_grants(i.org, array[me()], null, p_now);
    return 'seated';
end $$;
CREATE FUNCTION public.arrived() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    office uuid := (select v.org from providers v where v.id = new.provider);
begin
    if not exists (select 1 from sessions s where s.person = new.person) then
        insert into brought (org, person, by, at) values (office, new.person, new.provider, new.made_at)
            on conflict (org, person, by) do update set at = excluded.at;
        perform settled(office, array[new.person], null, new.made_at);
    end if;
    return null;
end $$;
CREATE FUNCTION public.audit_names(p_org uuid, p_case uuid, p_people uuid[]) RETURNS TABLE(id uuid, name text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    walls uuid[] := walls_of_me();
    of_all boolean := exists (select 1 from grants g where g.person = me() and g.scope = p_org and g.role = 'admin');
begin
    if p_case = any (walls) or not of_all and not exists (select 1 from cases c join grants g on g.person = me()
        where c.id = p_case and c.org = p_org and (g.scope = c.id and g.role = 'staff'
            or g.scope = c.org and g.role = 'desk' and 'desk' = any (c.audience))) then
        return;
    end if;
    return query select p.id, p.name from people p where p.id = any (p_people) and (
        exists (select 1 from grants g where g.person = p.id and g.scope = case when of_all then p_org else p_case end
            and g.role <> 'walled')
        or exists (select 1 from audit_leaves l where l.person = p.id and l.log = p_org
            and (of_all or l.case_id = p_case) and (l.case_id is null or l.case_id <> all (walls))));
end $$;
CREATE TABLE public.brought (
    org uuid NOT NULL,
    person uuid NOT NULL,
    by uuid NOT NULL,
    at timestamp with time zone,
    cases uuid[],
    own uuid[]
);
ALTER TABLE ONLY public.brought FORCE ROW LEVEL SECURITY;
CREATE TABLE public.people (
    id uuid NOT NULL,
    email public.citext,
    name text NOT NULL,
    zone text NOT NULL,
    password_hash text,
    made_at timestamp with time zone NOT NULL,
    kind text DEFAULT 'person'::text NOT NULL,
    email_proved_at timestamp with time zone,
    erased_at timestamp with time zone,
    vouched boolean DEFAULT false NOT NULL,
    CONSTRAINT people_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'service'::text]))),
    CONSTRAINT people_of_kind CHECK (
CASE kind
    WHEN 'person'::text THEN (email IS NOT NULL)
    ELSE ((email IS NULL) AND (password_hash IS NULL))
END)
);
ALTER TABLE ONLY public.people FORCE ROW LEVEL SECURITY;
CREATE TABLE public.team_members (
    team uuid NOT NULL,
    person uuid NOT NULL,
    org uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    left_at timestamp with time zone
);
ALTER TABLE ONLY public.team_members FORCE ROW LEVEL SECURITY;
CREATE TABLE public.walls (
    id uuid NOT NULL,
    org uuid NOT NULL,
    title text NOT NULL,
    reason text NOT NULL,
    cases uuid[] NOT NULL,
    people uuid[] NOT NULL,
    teams uuid[] NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    raised_by uuid NOT NULL,
    lifted_at timestamp with time zone,
    lifted_by uuid,
    lift_reason text DEFAULT ''::text NOT NULL,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.walls FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.behind_walls(p_org uuid, p_now timestamp with time zone) RETURNS TABLE(person uuid, case_id uuid)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 WITH RECURSIVE named AS (
          SELECT k_1.person,
             c.case_id
            FROM ((public.walls w
              CROSS JOIN LATERAL unnest(w.cases) c(case_id))
              CROSS JOIN LATERAL ( SELECT unnest(w.people) AS person
                 UNION
                  SELECT m.person
                    FROM public.team_members m
                   WHERE ((m.team = ANY (w.teams)) AND ((m.left_at IS NULL) OR (m.left_at >= w.raised_at)))) k_1)
           WHERE ((w.org = behind_walls.p_org) AND (w.lifted_at IS NULL))
         ), kept(person, case_id, since) AS (
          SELECT n.person,
             n.case_id,
             COALESCE(( SELECT g.since
                    FROM public.grants g
                   WHERE ((g.person = n.person) AND (g.scope = n.case_id) AND (g.role = 'walled'::text))), behind_walls.p_now) AS "coalesce"
            FROM named n
         UNION
          SELECT b.person,
             k_1.case_id,
             COALESCE(b.at, k_1.since) AS "coalesce"
            FROM (kept k_1
              JOIN public.brought b ON (((b.org = behind_walls.p_org) AND (b.by = k_1.person) AND ((b.at IS NULL) OR (b.at >= k_1.since)) AND ((b.cases IS NULL) OR (k_1.case_id = ANY (b.cases))))))
         )
  SELECT DISTINCT k.person,
     k.case_id
    FROM (kept k
      JOIN public.people p ON ((p.id = k.person)));
END;
CREATE FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from messages where id = p_message and case_id = p_case and author = me()
            and retracted_at is not null) then
        raise exception 'blank_message: not retracted' using errcode = 'insufficient_privilege';
    end if;
    update events set data = (jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
            '{message,attachments}', '[]'))::json
        where stream = p_case and seq >= p_from and thing = p_message and type <> 'message.retracted';
end $$;
CREATE FUNCTION public.brought_along(p_org uuid, p_people uuid[]) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 WITH RECURSIVE along AS (
          SELECT unnest(brought_along.p_people) AS person
         UNION
          SELECT b.person
            FROM (public.brought b
              JOIN along a_1 ON ((a_1.person = b.by)))
           WHERE (b.org = brought_along.p_org)
         )
  SELECT COALESCE(array_agg(a.person), '{}'::uuid[]) AS "coalesce"
    FROM along a
   WHERE ((a.person <> ALL (brought_along.p_people)) AND ((SESSION_USER = 'casewire_system'::name) OR (EXISTS ( SELECT 1
            FROM public.grants g
           WHERE ((g.person = public.me()) AND (g.org = brought_along.p_org))))));
END;
CREATE FUNCTION public.brought_service(p_org uuid, p_service uuid, p_by uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.brought (org, person, by)  SELECT brought_service.p_org AS p_org,
             brought_service.p_service AS p_service,
             brought_service.p_by AS p_by
           WHERE ((brought_service.p_by IS NOT NULL) AND (brought_service.p_by <> brought_service.p_service)) ON CONFLICT DO NOTHING;
END;
CREATE FUNCTION public.bury(p_disposition uuid, p_now timestamp with time zone) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    x dispositions%rowtype;
begin
    select * into x from dispositions where id = p_disposition and state = 'approved' and decided_by = me();
    if x.id is null or not exists (select 1 from grants where person = me() and scope = x.org and role = 'admin')
            or exists (select 1 from grants where person = me() and scope = x.case_id and role = 'walled')
            or exists (select 1 from cases where id = x.case_id and is_open) then
        raise exception 'bury' using errcode = 'insufficient_privilege';
    end if;
    perform bury_thing(x.kind, x.thing, x.case_id, x.schedule, me(), p_now);
    return x.thing;
end $$;
CREATE FUNCTION public.bury_thing(p_kind text, p_thing uuid, p_case uuid, p_why text, p_by uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    insert into tombstones (thing, kind, org, within, name_hash, began_at, ended_at, destroyed_at, by, why, what)
        select p_thing, p_kind, c.org, case when p_kind = 'document' then p_case end,
            sha256(convert_to(c.id::text || ' ' || c.number, 'UTF8')),
            coalesce(d.added_at, c.opened_at), c.closed_at, p_now, p_by, p_why, jsonb_build_object(
                'messages', (select count(*) from messages m where p_kind = 'case' and m.case_id = c.id),
                'versions', coalesce((select jsonb_agg(jsonb_build_array(v.id, v.sha256) order by v.id) from versions v
                    where v.case_id = c.id and (p_kind = 'case' or v.document = p_thing)), '[]'))
        from cases c left join documents d on p_kind = 'document' and d.id = p_thing where c.id = p_case;
    insert into removals (thing, kind, name) select p_thing, k.kind, k.name from versions v
        cross join lateral (values ('object', v.object_key), ('quarantine', v.quarantine_key)) as k(kind, name)
        where v.case_id = p_case and (p_kind = 'case' or v.document = p_thing) and k.name is not null;
    if p_kind = 'document' then
        -- What names it where it is not itself: the events that told of it, and what was attached to messages.
        with v as (select id from versions where document = p_thing),
            told as (update events e set data = case when e.type like 'document.%'
                    then jsonb_set(e.data::jsonb, '{document,name}', '"Destroyed"')
                    else jsonb_set(e.data::jsonb, '{version,file_name}', '"destroyed"') end::json
                where e.stream = p_case and (e.thing = p_thing or e.thing in (select id from v))
                    and e.type ~ '^(document|version)[.]'),
            attached as (update events e set data = jsonb_set(e.data::jsonb, '{message,attachments}', coalesce((
                    select jsonb_agg(case when (a ->> 'version')::uuid in (select id from v)
                        then a || '{"name": "destroyed"}' else a end order by n)
                    from jsonb_array_elements(e.data::jsonb -> 'message' -> 'attachments') with ordinality as l(a, n)),
                    '[]'))::json
                where e.stream = p_case and e.type like 'message.%' and exists (
                    select 1 from jsonb_array_elements(e.data::jsonb -> 'message' -> 'attachments') a
                    where (a ->> 'version')::uuid in (select id from v)))
            update messages m set attachments = (
                select jsonb_agg(case when (a ->> 'version')::uuid in (select id from v)
                    then a || '{"name": "destroyed"}' else a end order by n)
                from jsonb_array_elements(m.attachments) with ordinality as l(a, n))
            where m.case_id = p_case and exists (select 1 from jsonb_array_elements(m.attachments) a
                where (a ->> 'version')::uuid in (select id from v));
        update documents set audience = '{}' where id = p_thing;
        update versions set audience = '{}', people = '{}' where document = p_thing;
        update version_texts set audience = '{}', people = '{}'
            where version in (select id from versions where document = p_thing);
    else
        insert into removals (thing, kind, name) select p_thing, 'mail', m.message_id from mails m
            where m.guard ->> 0 = p_thing::text;
        update participants set revoked_at = p_now, revision = revision + 1
            where case_id = p_thing and revoked_at is null;
        update team_cases set revoked_at = p_now, revision = revision + 1
            where case_id = p_thing and revoked_at is null;
        delete from public_cases where case_id = p_thing;
        update cases set audience = '{}', access = access + 1 where id = p_thing;
    end if;
    update data_keys set wrapped = null, destroyed_at = p_now where case_id = p_case and wrapped is not null
        and (p_kind = 'case' or thing in (select id from versions where document = p_thing));
    update case_keys set wrapped = null, root = null, destroyed_at = p_now
        where p_kind = 'case' and case_id = p_case and wrapped is not null;
end $$;
CREATE FUNCTION public.card_of(p_org uuid, p_person uuid) RETURNS TABLE(id uuid, name text, email text, membership text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     p.name,
     (p.email)::text AS email,
     g.role
    FROM (public.people p
      JOIN public.grants g ON (((g.person = p.id) AND (g.scope = card_of.p_org))))
   WHERE ((p.id = card_of.p_person) AND (EXISTS ( SELECT 1
            FROM public.grants m
           WHERE ((m.person = public.me()) AND (m.org = card_of.p_org) AND (m.role = ANY (ARRAY['admin'::text, 'desk'::text, 'staff'::text]))))));
END;
CREATE FUNCTION public.cards(p_org uuid, p_case uuid) RETURNS TABLE(id uuid, name text, email text, membership text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    mine text[] := array(select role from grants where person = me() and scope in (p_org, p_case) and org = p_org);
begin
    if p_case is null then
        -- The organisation's directory is for its staff.
        if not mine && array['admin', 'desk'] then
            return;
        end if;
        return query select p.id, p.name, p.email::text, g.role from people p join grants g on g.person = p.id
            where g.scope = p_org order by p.name, p.id;
    else
        if 'walled' = any (mine)
            or not exists (select 1 from cases c where c.id = p_case and c.org = p_org and c.audience && mine) then
            return;
        end if;
        -- Whoever can see the case knows by name those who take or took part, by themselves or by a team, and those who
        -- did what they can see. Addresses are for staff: a client writes here, not around it.
        return query select p.id, p.name,
                case when mine && array['admin', 'desk', 'staff'] then p.email::text else '' end,
                coalesce((select g.role from grants g where g.person = p.id and g.scope = p_org limit 1), '')
            from people p
            where p.id in (select person from participants where case_id = p_case
                union select g.person from grants g where g.scope = p_case and g.role <> 'walled'
                union select e.actor from events e where e.stream = p_case and e.actor is not null
                    and (e.audience && mine or me() = any (e.people)))
            order by p.name, p.id;
    end if;
end $$;
CREATE FUNCTION public.case_holders(p_case uuid, p_person uuid, p_after uuid, p_limit integer) RETURNS TABLE(person uuid, name text, scopes uuid[], roles text[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    of_case record;
begin
    select c.id, c.org, c.audience into of_case from cases c where c.id = p_case and c.id <> all (walls_of_me()) and exists (
        select 1 from grants g where g.person = me() and g.scope in (c.id, c.org) and g.role = any (c.audience)
            and g.role in ('admin', 'desk', 'staff'));
    if of_case.id is null then
        return;
    end if;
    return query select p.id, p.name, array_agg(g.scope order by g.scope, g.role),
            array_agg(g.role order by g.scope, g.role)
        from grants g join people p on p.id = g.person
        where g.scope in (of_case.id, of_case.org) and (p_after is null or p.id > p_after)
            and case when p_person is not null then p.id = p_person
                else p.id in (select h.person from grants h where h.scope = of_case.id
                    or (h.scope = of_case.org and h.role = any (of_case.audience))) end
        group by p.id, p.name order by p.id limit p_limit;
end $$;
CREATE FUNCTION public.change_password(p_before text, p_after text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update people set password_hash = p_after where id = me() and password_hash is not distinct from p_before
        and (p_after is not null or exists (select 1 from factors
            where person = me() and kind = 'passkey' and confirmed_at is not null));
    return found;
end $$;
CREATE FUNCTION public.change_service(p_org uuid, p_id uuid, p_name text, p_disabled_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not administers(p_org) then
        raise exception 'change_service' using errcode = 'insufficient_privilege';
    end if;
    update services set disabled_at = p_disabled_at, revision = revision + 1 where id = p_id and org = p_org;
    if found then
        update people set name = p_name where id = p_id and kind = 'service';
    end if;
end $$;
CREATE TABLE public.link_holders (
    person uuid NOT NULL,
    org uuid NOT NULL,
    given_by uuid NOT NULL,
    given_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.link_holders FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.comes_by_link(p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ((EXISTS ( SELECT 1
            FROM (public.link_holders h
              JOIN public.grants g ON (((g.person = h.person) AND (g.scope = h.org) AND (g.role = 'outside'::text))))
           WHERE (h.person = comes_by_link.p_person))) AND (NOT (EXISTS ( SELECT 1
            FROM public.grants g
           WHERE ((g.person = comes_by_link.p_person) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text, 'staff'::text])))))) AND (NOT (EXISTS ( SELECT 1
            FROM public.people p
           WHERE ((p.id = comes_by_link.p_person) AND p.vouched)))));
END;
CREATE FUNCTION public.correct_me(p_name text, p_zone text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.people SET name = correct_me.p_name, zone = correct_me.p_zone
   WHERE ((people.id = public.me()) AND (people.erased_at IS NULL));
END;
CREATE TABLE public.oauth_families (
    id uuid NOT NULL,
    app uuid NOT NULL,
    person uuid NOT NULL,
    session uuid,
    offline boolean NOT NULL,
    scopes text[] NOT NULL,
    auth_time timestamp with time zone NOT NULL,
    mfa boolean NOT NULL,
    address text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);
ALTER TABLE ONLY public.oauth_families FORCE ROW LEVEL SECURITY;
CREATE TABLE public.sessions (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    person uuid NOT NULL,
    kind text NOT NULL,
    label text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    address text DEFAULT ''::text NOT NULL,
    used_at timestamp with time zone,
    proved_at timestamp with time zone,
    mfa boolean DEFAULT false NOT NULL,
    scopes text[] DEFAULT '{}'::text[] NOT NULL,
    family uuid,
    idle_s integer,
    until timestamp with time zone,
    CONSTRAINT sessions_kind_check CHECK ((kind = ANY (ARRAY['browser'::text, 'token'::text, 'service'::text, 'app'::text])))
);
ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamp with time zone, p_limit integer) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.oauth_families f SET ended_at = end_other_sessions.p_now
   WHERE ((f.person = public.me()) AND (f.ended_at IS NULL));
 UPDATE public.sessions s SET ended_at = end_other_sessions.p_now
   WHERE (s.id IN ( SELECT o.id
            FROM public.sessions o
           WHERE ((o.person = public.me()) AND (o.ended_at IS NULL) AND (o.expires_at > end_other_sessions.p_now) AND (o.id IS DISTINCT FROM end_other_sessions.p_keep) AND (end_other_sessions.p_tokens OR (o.kind <> 'token'::text)))
          LIMIT end_other_sessions.p_limit))
   RETURNING s.id,
     s.person,
     s.kind,
     s.label,
     s.made_at,
     s.expires_at,
     s.address,
     s.used_at;
END;
CREATE TABLE public.services (
    id uuid NOT NULL,
    org uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by uuid NOT NULL,
    disabled_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.services FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.end_service_sessions(p_org uuid, p_service uuid, p_session uuid, p_now timestamp with time zone, p_limit integer) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone, scopes text[])
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.sessions s SET ended_at = end_service_sessions.p_now
   WHERE (s.id IN ( SELECT o.id
            FROM (public.sessions o
              JOIN public.services v ON ((v.id = o.person)))
           WHERE ((v.id = end_service_sessions.p_service) AND (v.org = end_service_sessions.p_org) AND public.administers(end_service_sessions.p_org) AND (o.ended_at IS NULL) AND (o.expires_at > end_service_sessions.p_now) AND ((end_service_sessions.p_session IS NULL) OR (o.id = end_service_sessions.p_session)))
          LIMIT end_service_sessions.p_limit))
   RETURNING s.id,
     s.person,
     s.kind,
     s.label,
     s.made_at,
     s.expires_at,
     s.address,
     s.used_at,
     s.scopes;
END;
CREATE FUNCTION public.end_session(p_id uuid, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.oauth_families f SET ended_at = end_session.p_now
   WHERE ((f.person = public.me()) AND (f.ended_at IS NULL) AND (((f.session = end_session.p_id) AND (NOT f.offline)) OR (f.id = ( SELECT s.family
            FROM public.sessions s
           WHERE ((s.id = end_session.p_id) AND (s.person = public.me()))))));
 UPDATE public.sessions s SET ended_at = end_session.p_now
   WHERE ((s.person = public.me()) AND (s.ended_at IS NULL) AND ((s.id = end_session.p_id) OR (s.family IN ( SELECT f.id
            FROM public.oauth_families f
           WHERE ((f.person = public.me()) AND (((f.session = end_session.p_id) AND (NOT f.offline)) OR (f.id = ( SELECT o.family
                    FROM public.sessions o
                   WHERE ((o.id = end_session.p_id) AND (o.person = public.me()))))))))))
   RETURNING s.id,
     s.person,
     s.kind,
     s.label,
     s.made_at,
     s.expires_at,
     s.address,
     s.used_at;
END;
CREATE FUNCTION public.end_sessions_of(p_org uuid, p_person uuid, p_now timestamp with time zone, p_limit integer) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone, scopes text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if (select s.ours from scim_standing(p_org, p_person) s) is not true
            or not exists (select 1 from grants g where g.person = p_person and g.org = p_org) then
        return;
    end if;
    return query update sessions t set ended_at = p_now
        where t.id in (select o.id from sessions o where o.person = p_person and o.ended_at is null
            and o.expires_at > p_now limit p_limit)
        returning t.id, t.person, t.kind, t.label, t.made_at, t.expires_at, t.address, t.used_at, t.scopes;
end $$;
CREATE FUNCTION public.enter(p_session uuid, p_person uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    proved boolean;
begin
    select mfa into proved from sessions where id = p_session and person = p_person and ended_at is null
        and expires_at > now();
    if proved is null then
        raise exception 'the session is over' using errcode = 'invalid_authorization_specification';
    end if;
    if not proved and exists (select 1 from grants g join organisations o on o.id = g.org
            where g.person = p_person and g.scope = g.org and g.role = any (o.mfa_roles)) then
        raise exception 'a second factor is needed' using errcode = 'invalid_authorization_specification',
            detail = 'mfa_needed';
    end if;
    perform set_config('casewire.person', p_person::text, true);
end $$;
CREATE FUNCTION public.enter(p_session uuid, p_person uuid, p_hash bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not holds(p_session, p_hash) then
        raise exception 'the session has another secret' using errcode = 'invalid_authorization_specification';
    end if;
    perform enter(p_session, p_person);
end $$;
CREATE FUNCTION public.erase_person(p_org uuid, p_person uuid, p_now timestamp with time zone) RETURNS uuid[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if p_person = me() or not exists (select 1 from erasure_of(p_org, p_person)) then
        raise exception 'erase_person' using errcode = 'insufficient_privilege';
    end if;
    return wipe_person(p_org, p_person, me(), p_now);
end $$;
CREATE FUNCTION public.erase_words(p_org uuid, p_person uuid, p_cases uuid[], p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    n integer;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or exists (select 1 from grants where person = me() and scope = any (p_cases) and role = 'walled')
            or exists (select 1 from unnest(p_cases) as k(id) where not exists (
                select 1 from cases c where c.id = k.id and c.org = p_org)) then
        raise exception 'erase_words' using errcode = 'insufficient_privilege';
    end if;
    select count(*) into n from messages m where m.author = p_person and m.case_id = any (p_cases)
        and not exists (select 1 from grants w where w.scope = m.case_id and w.role = 'walled');
    perform wipe_words(p_person, p_cases, p_now);
    return n;
end $$;
CREATE FUNCTION public.erasure_of(p_org uuid, p_person uuid) RETURNS TABLE(account boolean, what jsonb, kept jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $_$
declare
    whole boolean;
    address citext;
    walled uuid[] := array(select distinct scope from grants where role = 'walled');
    of_case constant text := '(case_id is null or case_id <> all ($4))';
    places constant jsonb := jsonb_build_object(
        'places', 'grants where person = $1 and org = $2 and role <> ''walled'' and scope <> all ($4)',
        'participations', 'participants where person = $1 and org = $2 and revoked_at is null and ' || of_case,
        'teams', 'team_members where person = $1 and org = $2',
        'invitations', 'invitations where org = $2 and (person = $1 or email = $3)',
        'directory', 'scim_users where org = $2 and person = $1');
    of_account constant jsonb := jsonb_build_object(
        'account', 'people where id = $1',
        'sessions', 'sessions where person = $1',
        'factors', 'factors where person = $1',
        'identities', 'identities where person = $1',
        'markers', 'markers where person = $1 and ' || of_case,
        'mails', 'mails where (reader = $1 or recipient = $3::text) and coalesce(guard ->> 0, '''') <> all ($4::text[])
            and not mails_of_others($2, recipient, made_at)',
        'events', 'events where stream = $1 and ' || of_case);
    stays constant jsonb := jsonb_build_object(
        'messages', 'messages where author = $1 and org = $2 and ' || of_case,
        'documents', 'versions where by = $1 and org = $2 and ' || of_case,
        'entries', 'entries where by = $1 and org = $2 and ' || of_case,
        'events', 'events where actor = $1 and org = $2 and kind <> ''person'' and ' || of_case,
        'record', 'audit_entries where person = $1 and log = $2 and ' || of_case);
    one record;
    n bigint;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or not exists (select 1 from grants g join people p on p.id = g.person
                where g.person = p_person and g.scope = p_org and p.kind = 'person') then
        return;
    end if;
    whole := not exists (select 1 from grants where person = p_person and org <> p_org);
    select email into address from people where id = p_person;
    account := whole;
    what := '{}';
    kept := '{}';
    for one in select t.key, t.value, true as goes from jsonb_each_text(places || case when whole then of_account
                || jsonb_build_object('notices', 'notices where person = $1 and ' || of_case)
            else jsonb_build_object('notices', 'notices where person = $1 and org = $2 and ' || of_case) end) t
        union all select t.key, t.value, false from jsonb_each_text(stays) t
    loop
        execute 'select count(*) from ' || one.value into n using p_person, p_org, address, walled;
        if n > 0 and one.goes then
            what := what || jsonb_build_object(one.key, n);
        elsif not one.goes then
            kept := kept || jsonb_build_object(one.key, n);
        end if;
    end loop;
    return next;
end $_$;
CREATE FUNCTION public.find_person(p_scope uuid, p_email text) RETURNS TABLE(id uuid, name text, signs_in boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    office uuid := coalesce((select c.org from cases c where c.id = p_scope), p_scope);
begin
    if p_scope = any (walls_of_me())
        or not exists (select 1 from grants g where g.person = me() and g.role in ('admin', 'desk', 'staff')
            and (p_scope in (g.org, g.scope) or g.org = office)) then
        return;
    end if;
    return query select p.id, p.name, has_joined(p.id) and (not p.vouched
            or exists (select 1 from grants h where h.person = p.id and h.scope = office))
        from people p where p.email = p_email::citext;
end $$;
CREATE FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants g where g.person = me() and g.scope = p_org)
        or exists (select 1 from grants g where g.scope = p_scope)
        or exists (select 1 from cases c where c.id = p_scope)
        or exists (select 1 from organisations o where o.id = p_scope) or p_people <> array[me()] then
        raise exception 'give_grants' using errcode = 'insufficient_privilege';
    end if;
    insert into grants (person, scope, role, org, since)
        select person, p_scope, role, p_org, p_now from unnest(p_people, p_roles) as g(person, role)
        where role not in ('admin', 'desk', 'outside', 'walled')
        on conflict do nothing;
end $$;
CREATE FUNCTION public.give_link(p_org uuid, p_person uuid, p_hash bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role in ('admin', 'desk')) then
        raise exception 'give_link' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select 1 from grants where person = p_person and scope = p_org and role = 'outside') then
        return false;
    end if;
    insert into link_holders (person, org, given_by, given_at) values (p_person, p_org, me(), p_now)
        on conflict do nothing;
    if not comes_by_link(p_person) then
        delete from link_holders where person = p_person and org = p_org;
        return false;
    end if;
    insert into links (hash, person, made_at, expires_at) values (p_hash, p_person, p_now, p_expires);
    insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
        select p_mail, '<' || p_mail || '@casewire>', email, p_subject, p_body, p_now, p_now
            from people where id = p_person;
    return true;
end $$;
CREATE FUNCTION public.governed(p_org uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ((EXISTS ( SELECT 1
            FROM (public.grants g
              JOIN public.people p ON (((p.id = g.person) AND (p.kind = 'person'::text))))
           WHERE ((g.scope = governed.p_org) AND (g.role = 'admin'::text)))) AND (EXISTS ( SELECT 1
            FROM public.grants m
           WHERE ((m.person = public.me()) AND (m.org = governed.p_org)))));
END;
CREATE TABLE public.factors (
    id uuid NOT NULL,
    person uuid NOT NULL,
    kind text NOT NULL,
    label text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    used_at timestamp with time zone,
    sealed bytea,
    last_step bigint DEFAULT 0 NOT NULL,
    credential bytea,
    public_key bytea,
    sign_count bigint DEFAULT 0 NOT NULL,
    transports text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT factors_kind_check CHECK ((kind = ANY (ARRAY['totp'::text, 'passkey'::text])))
);
ALTER TABLE ONLY public.factors FORCE ROW LEVEL SECURITY;
CREATE TABLE public.identities (
    id uuid NOT NULL,
    person uuid NOT NULL,
    provider uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text DEFAULT ''::text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE ONLY public.identities FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.has_joined(p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ((EXISTS ( SELECT 1
            FROM public.people p
           WHERE ((p.id = has_joined.p_person) AND (p.password_hash IS NOT NULL)))) OR (EXISTS ( SELECT 1
            FROM public.identities i
           WHERE (i.person = has_joined.p_person))) OR (EXISTS ( SELECT 1
            FROM public.factors f
           WHERE ((f.person = has_joined.p_person) AND (f.confirmed_at IS NOT NULL)))));
END;
CREATE TABLE public.documents (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    audience text[] NOT NULL,
    added_at timestamp with time zone NOT NULL,
    added_by uuid NOT NULL,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.documents FORCE ROW LEVEL SECURITY;
CREATE TABLE public.events (
    tx bigint DEFAULT ((pg_current_xact_id())::text)::bigint NOT NULL,
    id bigint NOT NULL,
    org uuid,
    kind text NOT NULL,
    stream uuid NOT NULL,
    seq bigint NOT NULL,
    case_id uuid,
    type text NOT NULL,
    audience text[] NOT NULL,
    people uuid[] NOT NULL,
    access bigint[] NOT NULL,
    at timestamp with time zone NOT NULL,
    actor uuid,
    thing uuid,
    data json NOT NULL,
    key uuid,
    key_hash bytea,
    CONSTRAINT events_kind_check CHECK ((kind = ANY (ARRAY['case'::text, 'person'::text, 'org'::text])))
);
ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;
CREATE TABLE public.holds (
    id uuid NOT NULL,
    org uuid NOT NULL,
    kind text NOT NULL,
    thing uuid NOT NULL,
    case_id uuid,
    reason text NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    raised_by uuid NOT NULL,
    released_at timestamp with time zone,
    released_by uuid,
    release_reason text DEFAULT ''::text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT holds_check CHECK (((case_id IS NULL) = (kind = 'person'::text))),
    CONSTRAINT holds_kind_check CHECK ((kind = ANY (ARRAY['case'::text, 'person'::text, 'document'::text])))
);
ALTER TABLE ONLY public.holds FORCE ROW LEVEL SECURITY;
CREATE TABLE public.participants (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    person uuid NOT NULL,
    role text NOT NULL,
    audience text[] NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    granted_by uuid NOT NULL,
    revoked_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.participants FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.held(p_kind text, p_thing uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT h.id
    FROM public.holds h
   WHERE ((h.released_at IS NULL) AND
         CASE held.p_kind
             WHEN 'case'::text THEN ((h.case_id = held.p_thing) OR ((h.kind = 'person'::text) AND (h.org = ( SELECT c.org
                FROM public.cases c
               WHERE (c.id = held.p_thing))) AND ((EXISTS ( SELECT 1
                FROM public.participants a
               WHERE ((a.case_id = held.p_thing) AND (a.person = h.thing)))) OR (EXISTS ( SELECT 1
                FROM public.events e
               WHERE ((e.stream = held.p_thing) AND (e.actor = h.thing)))))))
             WHEN 'document'::text THEN ((h.thing = held.p_thing) OR ((h.kind = 'case'::text) AND (h.thing = ( SELECT d.case_id
                FROM public.documents d
               WHERE (d.id = held.p_thing)))) OR ((h.kind = 'person'::text) AND (EXISTS ( SELECT 1
                FROM public.documents d
               WHERE ((d.id = held.p_thing) AND (d.org = h.org) AND ((EXISTS ( SELECT 1
                        FROM public.participants a
                       WHERE ((a.case_id = d.case_id) AND (a.person = h.thing)))) OR (EXISTS ( SELECT 1
                        FROM public.events e
                       WHERE ((e.stream = d.case_id) AND (e.actor = h.thing))))))))))
             WHEN 'person'::text THEN ((h.thing = held.p_thing) OR (EXISTS ( SELECT 1
                FROM public.participants a
               WHERE ((a.case_id = h.case_id) AND (a.person = held.p_thing)))) OR (EXISTS ( SELECT 1
                FROM public.events e
               WHERE ((e.stream = h.case_id) AND (e.actor = held.p_thing)))))
             ELSE false
         END)
   ORDER BY h.id
  LIMIT 1;
END;
CREATE FUNCTION public.held_fast(p_case uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    return not exists (select 1 from tombstones where thing = p_case) and held('case', p_case) is not null;
end $$;
CREATE FUNCTION public.held_for(p_org uuid, p_kind text, p_thing uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN ((h.org = held_for.p_org) AND ((h.case_id IS NULL) OR (h.case_id <> ALL (ARRAY( SELECT w.scope
                FROM public.grants w
               WHERE ((w.person = public.me()) AND (w.role = 'walled'::text))))))) THEN h.id
             ELSE '00000000-0000-0000-0000-000000000000'::uuid
         END AS "case"
    FROM public.holds h
   WHERE ((h.id = public.held(held_for.p_kind, held_for.p_thing)) AND (EXISTS ( SELECT 1
            FROM public.grants g
           WHERE ((g.person = public.me()) AND (g.scope = held_for.p_org) AND (g.role = 'admin'::text)))) AND
         CASE held_for.p_kind
             WHEN 'case'::text THEN (EXISTS ( SELECT 1
                FROM public.cases c
               WHERE ((c.id = held_for.p_thing) AND (c.org = held_for.p_org))))
             WHEN 'document'::text THEN (EXISTS ( SELECT 1
                FROM public.documents d
               WHERE ((d.id = held_for.p_thing) AND (d.org = held_for.p_org))))
             ELSE (EXISTS ( SELECT 1
                FROM public.grants g
               WHERE ((g.person = held_for.p_thing) AND (g.org = held_for.p_org))))
         END);
END;
CREATE FUNCTION public.walls_of_me() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY(SELECT g.scope FROM public.grants g WHERE ((g.person = (SELECT public.me() AS me)) AND (g.role = 'walled'::text)));
CREATE FUNCTION public.hidden_walls() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(array_agg(w.id), '{}'::uuid[]) AS "coalesce"
    FROM public.walls w
   WHERE ((w.org IN ( SELECT g.scope
            FROM public.grants g
           WHERE (g.person = public.me()))) AND ((w.cases && public.walls_of_me()) OR ((w.lifted_at IS NOT NULL) AND (public.me() = ANY (w.people)))));
END;
CREATE FUNCTION public.hold_lock() RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended('holds'::text, (0)::bigint);
CREATE FUNCTION public.holds(p_session uuid, p_hash bytea) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ((p_hash = '\x'::bytea) OR (EXISTS ( SELECT 1
            FROM public.sessions s
           WHERE ((s.id = holds.p_session) AND (s.token_hash = holds.p_hash)))));
END;
CREATE FUNCTION public.introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and org = p_org and role in ('admin', 'desk', 'staff')) then
        raise exception 'introduce_person' using errcode = 'insufficient_privilege';
    end if;
    insert into people (id, email, name, zone, made_at)
        values (p_id, p_email, p_name, (select zone from organisations where organisations.id = p_org), p_now)
        on conflict (id) do nothing;
    if found then
        insert into grants (person, scope, role, org, since) values (p_id, p_org, 'outside', p_org, p_now);
    elsif not exists (select 1 from people where id = p_id and email = p_email::citext) then
        raise exception 'introduce_person: another address' using errcode = 'insufficient_privilege';
    end if;
end $$;
CREATE TABLE public.invitations (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    org uuid NOT NULL,
    email public.citext NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    invited_by uuid,
    invited_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    person uuid,
    answered_at timestamp with time zone,
    accepted boolean DEFAULT false NOT NULL,
    withdrawn_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.invitations FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.invitation_from(p_id uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT i.org
    FROM (public.invitations i
      JOIN public.people p ON ((p.id = i.person)))
   WHERE ((i.id = invitation_from.p_id) AND (i.person = public.me()) AND (p.email OPERATOR(public.=) i.email) AND (NOT p.vouched));
END;
CREATE FUNCTION public.keep_hold() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock(hold_lock());
    if tg_op = 'INSERT' then
        if exists (select 1 from tombstones where thing in (new.thing, new.case_id)) then
            raise exception 'it is destroyed' using errcode = 'object_not_in_prerequisite_state';
        end if;
        return new;
    end if;
    if tg_op = 'DELETE' and old.released_at is not null then
        return old;
    end if;
    if tg_op = 'UPDATE' and (to_jsonb(new) - array['released_at', 'released_by', 'release_reason', 'revision'])
            = (to_jsonb(old) - array['released_at', 'released_by', 'release_reason', 'revision'])
            and old.released_at is null and new.released_at is not null then
        return new;
    end if;
    raise exception 'a hold is released and never changed' using errcode = 'object_in_use';
end $$;
CREATE FUNCTION public.keep_name() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if new.erased_at is not null then
        delete from former_names where person = old.id;
        return new;
    end if;
    perform pg_advisory_xact_lock_shared(hold_lock());
    if held('person', old.id) is not null then
        insert into former_names values (old.id, old.name, old.email, old.zone, clock_timestamp());
    end if;
    return new;
end $$;
CREATE FUNCTION public.keep_own(p_org uuid, p_person uuid, p_cases uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    more uuid[] := array(select k.id from unnest(p_cases) as k(id) where not exists (
        select 1 from grants w where w.person = p_person and w.scope = k.id and w.role = 'walled')
        union select unnest(own_of(p_org, p_person)));
begin
    if more <> '{}' then
        -- It carries on no wall: that is before none of them.
        insert into brought (org, person, by, at, cases, own) values (p_org, p_person, p_person, now(), '{}', more)
            on conflict (org, person, by) do update set own = excluded.own;
    end if;
end $$;
CREATE FUNCTION public.keep_told() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    before jsonb := old.data::jsonb;
    after jsonb := new.data::jsonb;
begin
    if not held_fast(old.case_id) or ((old.type, old.thing, old.stream, old.seq, old.case_id, old.actor, old.at)
            is not distinct from (new.type, new.thing, new.stream, new.seq, new.case_id, new.actor, new.at) and (
        (old.type like 'message.%' and after #- '{message,body}' #- '{message,attachments}'
                = before #- '{message,body}' #- '{message,attachments}'
            and (exists (select 1 from messages where id = old.thing and retracted_at is not null and body is null)
                or (after #> '{message,body}' = before #> '{message,body}'
                    and still_attached(before #> '{message,attachments}', after #> '{message,attachments}'))))
        or (old.type ~ '^(document|version)[.]' and exists (select 1 from tombstones
            where thing in (old.thing, (before #>> '{version,document}')::uuid))))) then
        return new;
    end if;
    raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
end $$;
CREATE FUNCTION public.keep_walls(p_org uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if exists (select 1 from walls w where w.org = p_org and w.lifted_at is null and not exists (
            select 1 from grants s join people p on p.id = s.person and p.kind = 'person'
                where s.scope = p_org and s.role = 'admin' and not s.person = any (w.people)
                and not exists (select 1 from grants k where k.person = s.person and k.role = 'walled'
                    and k.scope = any (w.cases)))) then
        raise exception 'a wall would have no administrator who may lift it' using errcode = 'restrict_violation';
    end if;
end $$;
CREATE FUNCTION public.keep_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if held_fast(old.case_id) and not exists (select 1 from message_originals o
            where o.message = old.id and o.revision = old.revision and (new.body is not distinct from old.body
                or coalesce(o.sealed, convert_to(o.body, 'UTF8')) is not null)
            and not exists (select 1 from jsonb_array_elements(old.attachments) a where not new.attachments
                @> jsonb_build_array(a) and (a ->> 'version')::uuid <> all (o.attachments)))
            and not (new.body is not distinct from old.body and still_attached(old.attachments, new.attachments)) then
        raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
    end if;
    return null;
end $$;
CREATE FUNCTION public.kept_out(p_case uuid, p_people uuid[]) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(array_agg(DISTINCT g.person), '{}'::uuid[]) AS "coalesce"
    FROM public.grants g
   WHERE ((g.scope = kept_out.p_case) AND (g.person = ANY (kept_out.p_people)) AND (g.role = 'walled'::text) AND (kept_out.p_case <> ALL (public.walls_of_me())) AND (EXISTS ( SELECT 1
            FROM (public.cases c
              JOIN public.grants mine ON (((mine.person = public.me()) AND ((mine.scope = c.id) OR (mine.scope = c.org)) AND (mine.role = ANY (c.audience)))))
           WHERE (c.id = kept_out.p_case))));
END;
CREATE TABLE public.versions (
    id uuid NOT NULL,
    document uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    n integer NOT NULL,
    status text NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    text_status text DEFAULT 'none'::text NOT NULL,
    pages integer DEFAULT 0 NOT NULL,
    quarantine_key text NOT NULL,
    quarantine_version text,
    sweep_at timestamp with time zone,
    object_key text,
    object_version text,
    begun_at timestamp with time zone NOT NULL,
    by uuid NOT NULL,
    received_at timestamp with time zone,
    cleared_at timestamp with time zone,
    audience text[] NOT NULL,
    people uuid[] NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    begun_key uuid,
    begun_hash bytea,
    tries integer DEFAULT 0 NOT NULL,
    try_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    sealed bytea,
    quarantine_sealed bytea
);
ALTER TABLE ONLY public.versions FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.last_version(p_document uuid) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(max(versions.n), 0) AS "coalesce"
    FROM public.versions
   WHERE (versions.document = last_version.p_document);
END;
CREATE FUNCTION public.lock_key(p_id uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended((p_id)::text, (0)::bigint);
CREATE FUNCTION public.mails_of_others(p_org uuid, p_recipient text, p_made_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM public.invitations i
           WHERE ((i.org <> mails_of_others.p_org) AND (i.email OPERATOR(public.=) (mails_of_others.p_recipient)::public.citext) AND (i.invited_at = mails_of_others.p_made_at)))) AS "exists";
END;
CREATE FUNCTION public.make_service(p_org uuid, p_id uuid, p_name text, p_now timestamp with time zone, p_max integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not administers(p_org) then
        raise exception 'make_service' using errcode = 'insufficient_privilege';
    end if;
    if (select count(*) from services where org = p_org) >= p_max then
        return false;
    end if;
    insert into people (id, kind, email, name, zone, made_at)
        values (p_id, 'service', null, p_name, (select zone from organisations where id = p_org), p_now);
    insert into services (id, org, made_at, made_by) values (p_id, p_org, p_now, me());
    return true;
end $$;
CREATE FUNCTION public.may_reset(p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM public.people p
           WHERE ((p.id = may_reset.p_person) AND (p.kind = 'person'::text) AND (NOT p.vouched) AND (p.password_hash IS NOT NULL) AND ((p.email_proved_at IS NOT NULL) OR (NOT (EXISTS ( SELECT 1
                    FROM public.identities i
                   WHERE (i.person = p.id)))))))) AS "exists";
END;
CREATE FUNCTION public.my_invitations(p_now timestamp with time zone) RETURNS TABLE(id uuid, org uuid, organisation text, role text, by text, made_at timestamp with time zone, expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT i.id,
     i.org,
     o.name,
     i.role,
     COALESCE(p.name, ''::text) AS "coalesce",
     i.invited_at,
     i.expires_at
    FROM ((public.invitations i
      JOIN public.organisations o ON ((o.id = i.org)))
      LEFT JOIN public.people p ON ((p.id = i.invited_by)))
   WHERE ((i.person = public.me()) AND (i.answered_at IS NULL) AND (i.withdrawn_at IS NULL) AND (i.expires_at > my_invitations.p_now) AND (EXISTS ( SELECT 1
            FROM public.people m
           WHERE ((m.id = public.me()) AND (m.email OPERATOR(public.=) i.email) AND (NOT m.vouched)))))
   ORDER BY i.invited_at DESC, i.id
  LIMIT 100;
END;
CREATE FUNCTION public.needs_factor(p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM (public.grants g
              JOIN public.organisations o ON ((o.id = g.org)))
           WHERE ((g.person = needs_factor.p_person) AND (g.scope = g.org) AND (g.role = ANY (o.mfa_roles))))) AS "exists";
END;
CREATE TABLE public.oauth_apps (
    id uuid NOT NULL,
    org uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    redirect_uris text[] NOT NULL,
    logout_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    id_token_alg text NOT NULL,
    service uuid,
    secret_hash bytea,
    secret_made_at timestamp with time zone,
    added_at timestamp with time zone NOT NULL,
    added_by uuid NOT NULL,
    ended_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT oauth_apps_check CHECK (((kind = 'service'::text) = (service IS NOT NULL))),
    CONSTRAINT oauth_apps_check1 CHECK (((kind = ANY (ARRAY['web'::text, 'service'::text])) = (secret_hash IS NOT NULL))),
    CONSTRAINT oauth_apps_id_token_alg_check CHECK ((id_token_alg = ANY (ARRAY['RS256'::text, 'ES256'::text]))),
    CONSTRAINT oauth_apps_kind_check CHECK ((kind = ANY (ARRAY['web'::text, 'browser'::text, 'native'::text, 'service'::text])))
);
ALTER TABLE ONLY public.oauth_apps FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.oauth_open_to(p_app uuid, p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM (public.oauth_apps a
              JOIN public.grants g ON (((g.scope = a.org) AND (g.org = a.org))))
           WHERE ((a.id = oauth_open_to.p_app) AND (a.ended_at IS NULL) AND (g.person = oauth_open_to.p_person) AND ((a.kind <> 'service'::text) OR (a.service = oauth_open_to.p_person))))) AS "exists";
END;
CREATE FUNCTION public.oauth_asking(p_app uuid) RETURNS TABLE(id uuid, org uuid, organisation text, name text, kind text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT a.id,
     a.org,
     o.name,
     a.name,
     a.kind
    FROM (public.oauth_apps a
      JOIN public.organisations o ON ((o.id = a.org)))
   WHERE ((a.id = oauth_asking.p_app) AND public.oauth_open_to(a.id, public.me()));
END;
CREATE FUNCTION public.oauth_decide_device(p_user bytea, p_session uuid, p_allowed boolean, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update oauth_devices d set decided_at = p_now, allowed = p_allowed, person = me(), session = s.id,
            auth_time = coalesce(s.proved_at, s.made_at), mfa = s.mfa
        from sessions s where s.id = p_session and s.person = me() and s.kind = 'browser' and d.user_hash = p_user
            and d.decided_at is null and d.expires_at > p_now and oauth_open_to(d.app, me());
    return found;
end $$;
CREATE TABLE public.oauth_devices (
    hash bytea NOT NULL,
    user_hash bytea NOT NULL,
    app uuid NOT NULL,
    scopes text[] NOT NULL,
    address text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    interval_s integer NOT NULL,
    polled_at timestamp with time zone,
    decided_at timestamp with time zone,
    allowed boolean DEFAULT false NOT NULL,
    person uuid,
    session uuid,
    auth_time timestamp with time zone,
    mfa boolean DEFAULT false NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE ONLY public.oauth_devices FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.oauth_device(p_user bytea, p_now timestamp with time zone) RETURNS TABLE(app uuid, scopes text[], address text, made_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT d.app,
     d.scopes,
     d.address,
     d.made_at
    FROM public.oauth_devices d
   WHERE ((d.user_hash = oauth_device.p_user) AND (d.decided_at IS NULL) AND (d.expires_at > oauth_device.p_now) AND public.oauth_open_to(d.app, public.me()));
END;
CREATE TABLE public.oauth_consents (
    app uuid NOT NULL,
    person uuid NOT NULL,
    scopes text[] NOT NULL,
    since timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.oauth_consents FORCE ROW LEVEL SECURITY;
CREATE TABLE public.oauth_requests (
    id uuid NOT NULL,
    person uuid NOT NULL,
    session uuid NOT NULL,
    app uuid NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    state text NOT NULL,
    nonce text NOT NULL,
    challenge text NOT NULL,
    proved_since timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.oauth_requests FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.oauth_disconnect(p_app uuid, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 DELETE FROM public.oauth_consents c
   WHERE ((c.app = oauth_disconnect.p_app) AND (c.person = public.me()));
 DELETE FROM public.oauth_requests r
   WHERE ((r.app = oauth_disconnect.p_app) AND (r.person = public.me()));
 UPDATE public.oauth_families f SET ended_at = oauth_disconnect.p_now
   WHERE ((f.app = oauth_disconnect.p_app) AND (f.person = public.me()) AND (f.ended_at IS NULL));
 UPDATE public.sessions s SET ended_at = oauth_disconnect.p_now
   WHERE ((s.person = public.me()) AND (s.ended_at IS NULL) AND (s.family IN ( SELECT f.id
            FROM public.oauth_families f
           WHERE ((f.app = oauth_disconnect.p_app) AND (f.person = public.me())))))
   RETURNING s.id,
     s.person,
     s.kind,
     s.label,
     s.made_at,
     s.expires_at,
     s.address,
     s.used_at;
END;
CREATE FUNCTION public.oauth_left() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    with gone as (update oauth_families f set ended_at = now() from oauth_apps a
        where a.id = f.app and a.org = old.org and f.person = old.person and f.ended_at is null
            and not exists (select 1 from grants g where g.person = old.person and g.scope = a.org) returning f.id)
    update sessions s set ended_at = now() from gone where s.family = gone.id and s.ended_at is null;
    return null;
end $$;
CREATE TABLE public.oauth_refreshes (
    hash bytea NOT NULL,
    family uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE ONLY public.oauth_refreshes FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.oauth_open(p_family uuid, p_session uuid, p_token bytea, p_scopes text[], p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_address text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.sessions (id, token_hash, person, kind, label, made_at, expires_at, address, mfa, scopes, family)  SELECT oauth_open.p_session AS p_session,
             oauth_open.p_token AS p_token,
             f.person,
             'app',
             "left"(a.name, 200) AS "left",
             oauth_open.p_now AS p_now,
             LEAST(oauth_open.p_expires, f.expires_at) AS "least",
             oauth_open.p_address AS p_address,
             f.mfa,
             oauth_open.p_scopes AS p_scopes,
             f.id
            FROM (public.oauth_families f
              JOIN public.oauth_apps a ON ((a.id = f.app)))
           WHERE (f.id = oauth_open.p_family);
 INSERT INTO public.oauth_refreshes (hash, family, made_at, expires_at)  SELECT oauth_open.p_refresh AS p_refresh,
             f.id,
             oauth_open.p_now AS p_now,
             LEAST(oauth_open.p_refresh_expires, f.expires_at) AS "least"
            FROM public.oauth_families f
           WHERE ((f.id = oauth_open.p_family) AND (oauth_open.p_refresh IS NOT NULL));
 UPDATE public.oauth_families SET used_at = oauth_open.p_now, address = oauth_open.p_address
   WHERE (oauth_families.id = oauth_open.p_family);
END;
CREATE FUNCTION public.oauth_open_to_me(p_app uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    RETURN public.oauth_open_to(p_app, public.me());
CREATE FUNCTION public.oauth_proof(p_session uuid) RETURNS TABLE(kind text, mfa boolean, proved_at timestamp with time zone, made_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT s.kind,
     s.mfa,
     s.proved_at,
     s.made_at
    FROM public.sessions s
   WHERE ((s.id = oauth_proof.p_session) AND (s.person = public.me()));
END;
CREATE FUNCTION public.oauth_stands(p_app uuid, p_person uuid, p_mfa boolean) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (public.oauth_open_to(p_app, p_person) AND (p_mfa OR (NOT public.needs_factor(p_person))) AND (EXISTS ( SELECT 1
            FROM public.oauth_consents c
           WHERE ((c.app = oauth_stands.p_app) AND (c.person = oauth_stands.p_person))
         UNION ALL
          SELECT 1
            FROM (public.oauth_apps a
              JOIN public.services v ON (((v.id = a.service) AND (v.org = a.org))))
           WHERE ((a.id = oauth_stands.p_app) AND (a.service = oauth_stands.p_person) AND (v.disabled_at IS NULL)))));
END;
CREATE FUNCTION public.oauth_unproved() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update oauth_families set mfa = false where person = old.person and mfa and ended_at is null
        and not exists (select 1 from factors where person = old.person and confirmed_at is not null);
    return null;
end $$;
CREATE FUNCTION public.open_service_session(p_org uuid, p_service uuid, p_id uuid, p_hash bytea, p_label text, p_scopes text[], p_now timestamp with time zone, p_expires timestamp with time zone, p_max integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    found_service services;
begin
    if not administers(p_org) then
        return 'absent';
    end if;
    select * into found_service from services where id = p_service and org = p_org for update;
    if not found then
        return 'absent';
    elsif found_service.disabled_at is not null then
        return 'disabled';
    elsif (select count(*) from sessions where person = p_service and kind = 'service' and ended_at is null
            and expires_at > p_now) >= p_max then
        return 'full';
    end if;
    insert into sessions (id, token_hash, person, kind, label, made_at, expires_at, mfa, scopes)
        values (p_id, p_hash, p_service, 'service', p_label, p_now, p_expires, true, p_scopes);
    return 'made';
end $$;
CREATE FUNCTION public.own_of(p_org uuid, p_person uuid) RETURNS uuid[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(( SELECT b.own
            FROM public.brought b
           WHERE ((b.org = own_of.p_org) AND (b.person = own_of.p_person) AND (b.by = own_of.p_person))), '{}'::uuid[]) AS "coalesce";
END;
CREATE FUNCTION public.participations(p_org uuid, p_person uuid) RETURNS TABLE(id uuid, case_id uuid, role text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     p.case_id,
     p.role
    FROM public.participants p
   WHERE ((p.org = participations.p_org) AND (p.person = participations.p_person) AND (p.revoked_at IS NULL) AND (p.case_id <> ALL (public.walls_of_me())) AND (EXISTS ( SELECT 1
            FROM public.grants g
           WHERE ((g.person = public.me()) AND (g.scope = participations.p_org) AND (g.role = 'admin'::text)))));
END;
CREATE FUNCTION public.person_rows(p_org uuid, p_person uuid, p_kind text) RETURNS refcursor
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $_$
declare
    rows refcursor := 'person_rows';
    statement text;
    -- A wall keeps out of a case here too, whoever asks.
    walled text[] := array(select scope::text from grants where person = me() and role = 'walled')
        || hidden_walls()::text[];
begin
    if p_org is null then
        if me() is null or p_person <> me() then
            return null;
        end if;
    elsif not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or not exists (select 1 from grants where person = p_person and org = p_org) then
        return null;
    end if;
    statement := case p_kind
        when 'profile' then 'select id, name, email, zone, made_at, email_proved_at from people where id = $1'
        when 'names' then 'select name, email, zone, until from former_names where person = $1 order by until'
        when 'places' then 'select org, scope, role, since from grants where person = $1 and role <> ''walled''
            and ($2 is null or org = $2) order by since'
        when 'participations' then 'select case_id, role, granted_at, revoked_at from participants where person = $1
            and ($2 is null or org = $2) order by granted_at desc'
        when 'teams' then 'select team, org, since, left_at from team_members where person = $1
            and ($2 is null or org = $2)'
        when 'invitations' then 'select org, email, name, role, invited_at, expires_at, used_at, accepted from invitations
            where (person = $1 or email = (select email from people where id = $1)) and ($2 is null or org = $2)
            and (not (select vouched from people where id = $1)
                or org in (select g.org from grants g where g.person = $1))'
        when 'directory' then 'select org, user_name, external_id, display_name, name, emails, role, made_at, changed_at
            from scim_users where person = $1 and ($2 is null or org = $2)'
        when 'messages' then 'select id, case_id, conversation, body, attachments, posted_at, edited_at, retracted_at
            from messages where author = $1 and ($2 is null or org = $2) order by id desc'
        when 'wordings' then 'select o.message, m.case_id, m.conversation, m.org, o.revision, o.body,
                encode(o.sealed, ''hex'') as sealed, o.attachments, o.replaced_at
            from message_originals o join messages m on m.id = o.message
            where m.author = $1 and ($2 is null or m.org = $2) order by m.conversation, o.message, o.revision'
        when 'documents' then 'select v.id, v.document, v.case_id, d.name, v.file_name, v.media_type, v.size, v.sha256,
                v.begun_at from versions v join documents d on d.id = v.document where v.by = $1
            and ($2 is null or v.org = $2) order by v.id desc'
        when 'entries' then 'select id, case_id, kind, text, occurred_on, recorded_at from entries where by = $1
            and ($2 is null or org = $2) order by id desc'
        when 'tasks' then 'select id, case_id, title, note, due_on, added_at, done_at from tasks
            where $1 in (assignee, added_by) and ($2 is null or org = $2) order by id desc'
        when 'notices' then 'select case_id, kind, title, due, at, acked_at from notices where person = $1
            and ($2 is null or org = $2) order by id desc'
        when 'markers' then 'select k.case_id, k.conversation, k.upto, k.at from markers k
            join conversations v on v.id = k.conversation where k.person = $1 and ($2 is null or v.org = $2)'
        when 'events' then 'select type, case_id, thing, at from events where actor = $1 and ($2 is null or org = $2)
            order by tx desc, id desc'
        when 'record' then 'select convert_from(entry, ''UTF8'')::jsonb as entry from audit_entries where person = $1
            and ($2 is null or log = $2) order by tx desc, id desc'
        when 'erasures' then 'select org, state, asked_at, decided_at, reason from erasures where person = $1
            and ($2 is null or org = $2)'
        when 'sessions' then 'select kind, label, address, made_at, used_at, ended_at from sessions where person = $1
            and $2 is null order by made_at desc'
        when 'devices' then 'select made_at, used_at from devices where person = $1 and $2 is null'
        when 'factors' then 'select kind, label, made_at, used_at from factors where person = $1 and $2 is null'
        when 'identities' then 'select issuer, subject, email, made_at, used_at from identities where person = $1
            and $2 is null'
        when 'apps' then 'select app, scopes, since from oauth_consents where person = $1 and $2 is null'
        -- What was sent is kept without its words. What waits to be sent may be a secret, for whoever reads the mail alone.
        when 'mails' then 'select guard ->> 0 as case_id, recipient, subject, made_at, sent_at from mails
            where sent_at is not null and (reader = $1
                or recipient = (select email::text from people where id = $1 and not vouched))
            and $2 is null order by made_at desc'
        end;
    if statement is null then
        return null;
    end if;
    open rows no scroll for execute format('select j from (select to_jsonb(r) as j from (%s) r) k
        where coalesce(j ->> ''case_id'', j ->> ''scope'', j -> ''entry'' ->> ''case'', '''') <> all ($3)
            and coalesce(j ->> ''thing'', j -> ''entry'' ->> ''thing'', '''') <> all ($3)', statement)
        using p_person, p_org, walled;
    return rows;
end $_$;
CREATE FUNCTION public.place_given() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    giver uuid := me();
    given timestamptz := new.since;
    others uuid[];
begin
    if new.scope <> new.org or new.role not in ('admin', 'desk') then
        return null;
    end if;
    if exists (select 1 from services where id = new.person) then
        perform brought_service(new.org, new.person, giver);
        return null;
    end if;
    if giver = new.person then
        giver := null;
        select i.invited_by, i.invited_at into giver, given from invitations i
            where i.org = new.org and i.person = new.person and i.accepted order by i.answered_at desc limit 1;
    end if;
    if giver is null then
        return null;
    end if;
    if exists (select 1 from grants g where g.person = giver and g.org = new.org and g.role = 'walled') then
        if tg_op = 'UPDATE' and old.role in ('admin', 'desk') then
            if old.role = 'desk' and new.role = 'admin' then
                perform raised_by(new.org, new.person, giver, old.role, given);
            end if;
            return null;
        end if;
        if own_of(new.org, new.person) <> '{}' then
            others := array(select w.scope from grants w where w.person = giver and w.org = new.org
                and w.role = 'walled' and w.scope <> all (own_of(new.org, new.person)));
        end if;
    else
        delete from brought where org = new.org and person = new.person;
    end if;
    insert into brought (org, person, by, at, cases) values (new.org, new.person, giver, given, others)
        on conflict (org, person, by) do update set at = excluded.at, cases = excluded.cases;
    return null;
end $$;
CREATE FUNCTION public.place_taken() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if me() is null or me() = old.person then
        return null;
    elsif exists (select 1 from grants g where g.person = me() and g.org = old.org and g.role = 'walled') then
        perform keep_own(old.org, old.person, seen_past(old.org, old.person, me(), old.role));
    else
        delete from brought where org = old.org and person = old.person and by = old.person;
    end if;
    return null;
end $$;
CREATE FUNCTION public.provider_set() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if me() is not null then
        insert into brought (org, person, by, at) values (new.org, new.id, me(), now())
            on conflict (org, person, by) do update set at = excluded.at;
    end if;
    return null;
end $$;
CREATE FUNCTION public.raise_access(p_org uuid, p_case uuid) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    case_access bigint := 0;
    org_access bigint;
begin
    if not exists (select 1 from grants where person = me() and org = p_org) or p_case = any (walls_of_me()) then
        raise exception 'raise_access: not of this organisation' using errcode = 'insufficient_privilege';
    end if;
    if p_case is not null then
        update cases set access = access + 1 where id = p_case and org = p_org returning access into case_access;
        select access into org_access from organisations where id = p_org;
    else
        update organisations set access = access + 1 where id = p_org returning access into org_access;
    end if;
    return array[coalesce(case_access, 0), org_access];
end $$;
CREATE FUNCTION public.raised_by(p_org uuid, p_person uuid, p_by uuid, p_before text, p_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    unseen uuid[] := array(
        select w.scope from grants w join cases c on c.id = w.scope
            where w.person = p_by and w.org = p_org and w.role = 'walled'
                and (exists (select 1 from grants x
                        where x.person = p_person and x.scope = w.scope and x.role = 'walled')
                    or not (w.scope = any (own_of(p_org, p_person)) or p_before = any (c.audience)
                        or exists (select 1 from grants g
                            where g.person = p_person and g.scope = w.scope and g.role = 'staff'))));
begin
    if p_by is null or p_by = p_person or unseen = '{}' then
        return;
    end if;
    -- What stood in the row names no case of a wall that stands and that this one does not.
    insert into brought (org, person, by, at, cases) values (p_org, p_person, p_by, p_at, unseen)
        on conflict (org, person, by) do update set at = excluded.at, cases = excluded.cases
            where brought.at is not null;
end $$;
CREATE FUNCTION public.readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(array_agg(DISTINCT g.person), '{}'::uuid[]) AS "coalesce"
    FROM public.grants g
   WHERE ((g.person = ANY (readers.p_people)) AND (g.scope = ANY (ARRAY[readers.p_case, readers.p_org])) AND (g.role = ANY (readers.p_audience)) AND (NOT (EXISTS ( SELECT 1
            FROM public.grants k
           WHERE ((k.person = g.person) AND (k.scope = readers.p_case) AND (k.role = 'walled'::text))))) AND (readers.p_case <> ALL (public.walls_of_me())) AND (EXISTS ( SELECT 1
            FROM (public.cases c
              JOIN public.grants mine ON (((mine.person = public.me()) AND ((mine.scope = c.id) OR (mine.scope = c.org)) AND (mine.role = ANY (c.audience)))))
           WHERE ((c.id = readers.p_case) AND (c.org = readers.p_org)))));
END;
CREATE FUNCTION public.renew_invitation(p_org uuid, p_id uuid, p_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'renew_invitation' using errcode = 'insufficient_privilege';
    end if;
    return query update invitations set token_hash = p_hash, invited_at = p_now, expires_at = p_expires,
            revision = revision + 1
        where id = p_id and org = p_org and used_at is null and answered_at is null and withdrawn_at is null returning id;
end $$;
CREATE FUNCTION public.renew_session(p_session uuid, p_before bytea, p_after bytea, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone, scopes text[])
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.sessions s SET token_hash = renew_session.p_after
   WHERE ((s.id = renew_session.p_session) AND (s.person = public.me()) AND (s.token_hash = renew_session.p_before) AND (s.ended_at IS NULL) AND (s.expires_at > renew_session.p_now))
   RETURNING s.id,
     s.person,
     s.kind,
     s.label,
     s.made_at,
     s.expires_at,
     s.address,
     s.used_at,
     s.scopes;
END;
CREATE TABLE public.scim_users (
    org uuid NOT NULL,
    person uuid NOT NULL,
    user_name public.citext NOT NULL,
    external_id text,
    display_name text,
    name jsonb DEFAULT '{}'::jsonb NOT NULL,
    emails jsonb DEFAULT '[]'::jsonb NOT NULL,
    role text,
    seated boolean NOT NULL,
    silent boolean NOT NULL,
    made_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT scim_users_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'desk'::text, 'outside'::text])))
);
ALTER TABLE ONLY public.scim_users FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.scim_outsider(p_org uuid, p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM (public.grants g
              JOIN public.people p ON ((p.id = g.person)))
           WHERE ((g.person = scim_outsider.p_person) AND (g.scope = scim_outsider.p_org) AND (g.role = 'outside'::text) AND public.administers(scim_outsider.p_org) AND ((NOT (EXISTS ( SELECT 1
                    FROM public.scim_users u
                   WHERE ((u.org = scim_outsider.p_org) AND (u.person = p.id) AND (u.made_at = p.made_at))))) OR (EXISTS ( SELECT 1
                    FROM public.participants a
                   WHERE ((a.org = scim_outsider.p_org) AND (a.person = p.id) AND (a.revoked_at IS NULL)))))))) AS "exists";
END;
CREATE FUNCTION public.scim_people(p_org uuid, p_person uuid) RETURNS TABLE(person uuid, address text, person_name text, seat text, kept boolean, user_name text, external_id text, display_name text, name jsonb, emails jsonb, role text, silent boolean, made_at timestamp with time zone, changed_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     (p.email)::text AS email,
     p.name,
     g.role,
     (u.person IS NOT NULL),
     (COALESCE(u.user_name, p.email))::text AS "coalesce",
     u.external_id,
         CASE
             WHEN (u.person IS NULL) THEN p.name
             ELSE u.display_name
         END AS display_name,
     COALESCE(u.name, '{}'::jsonb) AS "coalesce",
     COALESCE(u.emails, jsonb_build_array(jsonb_build_object('value', (p.email)::text, 'type', 'work', 'primary', true))) AS "coalesce",
         CASE
             WHEN ((u.person IS NOT NULL) AND (u.role IS NULL)) THEN NULL::text
             ELSE COALESCE(g.role, u.role)
         END AS "coalesce",
     COALESCE(u.silent, false) AS "coalesce",
     COALESCE(u.made_at, g.since) AS "coalesce",
     GREATEST(u.changed_at, g.since) AS "greatest"
    FROM (((( SELECT s.person
            FROM public.scim_users s
           WHERE (s.org = scim_people.p_org)
         UNION
          SELECT o.person
            FROM public.grants o
           WHERE ((o.scope = scim_people.p_org) AND (o.role = ANY (ARRAY['admin'::text, 'desk'::text])))) k
      JOIN public.people p ON (((p.id = k.person) AND (p.kind = 'person'::text))))
      LEFT JOIN public.scim_users u ON (((u.org = scim_people.p_org) AND (u.person = k.person))))
      LEFT JOIN public.grants g ON (((g.scope = scim_people.p_org) AND (g.person = k.person))))
   WHERE (((scim_people.p_person IS NULL) OR (p.id = scim_people.p_person)) AND (EXISTS ( SELECT 1
            FROM public.grants m
           WHERE ((m.person = public.me()) AND (m.scope = scim_people.p_org) AND (m.role = 'admin'::text)))));
END;
CREATE FUNCTION public.scim_rename(p_org uuid, p_person uuid, p_email text, p_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    standing record;
begin
    select * into standing from scim_standing(p_org, p_person);
    if standing.ours is not true or not exists (select 1 from scim_users where org = p_org and person = p_person) then
        raise exception 'scim_rename' using errcode = 'insufficient_privilege';
    end if;
    update people set name = p_name where id = p_person and name <> p_name;
    update people set email = p_email where id = p_person and email::text <> p_email;
    if found then
        if not standing.fresh then
            raise exception 'scim_rename: the address is in use' using errcode = 'insufficient_privilege';
        end if;
        insert into brought (org, person, by, at) values (p_org, p_person, me(), now())
            on conflict (org, person, by) do update set at = excluded.at, cases = null;
        perform settle_grants(p_org, array[p_person], null, now());
    end if;
end $$;
CREATE FUNCTION public.scim_seat(p_org uuid, p_person uuid, p_role text, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if (select s.ours from scim_standing(p_org, p_person) s) is not true
            or not exists (select 1 from scim_users where org = p_org and person = p_person and seated)
            or exists (select 1 from grants where person = p_person and scope = p_org) then
        return false;
    end if;
    insert into grants (person, scope, role, org, since) values (p_person, p_org, p_role, p_org, p_now);
    perform settle_grants(p_org, array[p_person], null, p_now);
    return true;
end $$;
CREATE FUNCTION public.scim_standing(p_org uuid, p_person uuid) RETURNS TABLE(ours boolean, fresh boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ((NOT (EXISTS ( SELECT 1
            FROM public.grants e
           WHERE ((e.person = p.id) AND (e.org <> scim_standing.p_org))))) AND (NOT (EXISTS ( SELECT 1
            FROM public.scim_users u
           WHERE ((u.person = p.id) AND (u.org <> scim_standing.p_org))))) AND ((EXISTS ( SELECT 1
            FROM public.grants h
           WHERE ((h.person = p.id) AND (h.org = scim_standing.p_org)))) OR (EXISTS ( SELECT 1
            FROM public.scim_users u
           WHERE ((u.person = p.id) AND (u.org = scim_standing.p_org) AND u.seated))))),
     ((NOT public.has_joined(p.id)) AND (p.email_proved_at IS NULL) AND (NOT (EXISTS ( SELECT 1
            FROM public.sessions s
           WHERE (s.person = p.id)))))
    FROM public.people p
   WHERE ((p.id = scim_standing.p_person) AND (p.kind = 'person'::text) AND (EXISTS ( SELECT 1
            FROM public.grants m
           WHERE ((m.person = public.me()) AND (m.scope = scim_standing.p_org) AND (m.role = 'admin'::text)))));
END;
CREATE FUNCTION public.search_all(p_in text[], p_case uuid, p_text text, p_head text, p_last text, p_like text, p_rank double precision, p_id uuid, p_limit integer) RETURNS TABLE(kind text, id uuid, version uuid, case_id uuid, case_title text, title text, snippet text, page integer, rank double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
declare
    -- Known before the query is planned: only so are the indexes used.
    q constant tsquery := websearch_to_tsquery('simple', search_words(p_text))
        || websearch_to_tsquery('english', unaccent(p_text))
        || coalesce(websearch_to_tsquery('simple', search_words(p_head))
            && to_tsquery('simple', '''' || replace(unaccent(p_last), '''', '''''') || ''':*'), '');
    likely constant text := '%' || p_like || '%';
    asker constant uuid := me();
    walls constant uuid[] := walls_of_me();
    -- What the asker holds, read once: their roles by office; the cases they staff; those in which they hold anything else,
    -- where alone it is looked up for each row what that is.
    offices constant jsonb := coalesce((select jsonb_object_agg(s.scope, s.roles) from (
        select g.scope, jsonb_agg(g.role) as roles from grants g where g.person = asker and g.scope = g.org
            group by g.scope) s), '{}');
    staffed constant uuid[] := array(select g.scope from grants g where g.person = asker and g.role = 'staff');
    others constant uuid[] := array(select g.scope from grants g where g.person = asker and g.scope <> g.org
        and g.role not in ('staff', 'walled'));
    how constant text := E'StartSel="\uE000", StopSel="\uE001", MinWords=12, MaxWords=30, MaxFragments=2, '
        'FragmentDelimiter=" … "';
begin
return query with
found_messages as materialized (
    select m.id, m.case_id, m.org, m.audience, m.people from messages m
    where 'messages' = any (p_in) and m.tsv @@ q and (p_case is null or m.case_id = p_case)
    order by m.id desc
),
seen_messages as (
    select 'message' as kind, m.id, null::uuid as version, m.case_id, m.conversation as under, null::integer as page,
        ts_rank(m.tsv, q)::float8 as rank
    from (
        select * from found_messages t where t.case_id <> all (walls) and (
            (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            or (asker = any (t.people) and exists (select 1 from grants g
                where g.person = asker and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin')))))
        limit 1000) t join messages m on m.id = t.id
),
found_pages as materialized (
    select p.version, p.page, p.case_id, p.org, p.audience, p.people from version_texts p
    where 'documents' = any (p_in) and p.tsv @@ q and (p_case is null or p.case_id = p_case)
    order by p.version desc, p.page
),
seen_pages as (
    select p.version, p.page, ts_rank(p.tsv, q)::float8 as rank
    from (
        select * from found_pages t where t.case_id <> all (walls) and (
            (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            or (asker = any (t.people) and exists (select 1 from grants g
                where g.person = asker and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin')))))
        limit 1000) t join version_texts p on p.version = t.version and p.page = t.page
),
found_documents as materialized (
    select d.id, d.case_id, d.org, d.audience, d.name from documents d
    where 'documents' = any (p_in) and (p_case is null or d.case_id = p_case) and d.id in (
        select d.id from documents d where search_vector(d.name) @@ q
        union select d.id from documents d where d.name ilike likely
        union select d.id from documents d where p_like <% d.name)
),
seen_documents as (
    select * from found_documents t where t.case_id <> all (walls)
        and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
    order by t.id desc limit 300
),
document_hits as (
    select distinct on (h.document) 'document' as kind, h.document as id, h.version, d.case_id, null::uuid as under,
        h.page, h.rank
    from (
        select v.document, p.version, p.page, p.rank from seen_pages p join versions v on v.id = p.version
            and v.status = 'cleared'
        union all
        select s.id, null, null, greatest(ts_rank(search_vector(s.name), q), word_similarity(p_like, s.name), 0.1)
            from seen_documents s
    ) h join documents d on d.id = h.document
    where d.case_id <> all (walls)
        and (offices -> d.org::text ?| d.audience
            or d.case_id = any (staffed) and 'staff' = any (d.audience)
            or d.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = d.case_id and g.role = any (d.audience)))
    order by h.document, h.page is null, h.rank desc, h.version desc, h.page
),
found_cases as materialized (
    select c.id, c.id as case_id, c.org, c.audience, c.number, c.title from cases c
    where 'cases' = any (p_in) and (p_case is null or c.id = p_case) and c.id in (
        select c.id from cases c where search_vector(search_case(c.number, c.title, c.intake)) @@ q
        union select c.id from cases c where c.title ilike likely
        union select c.id from cases c where c.number ilike likely
        union select c.id from cases c where p_like <% c.title)
),
found_parties as materialized (
    select p.case_id, p.org, p.audience, p.name from parties p
    where 'cases' = any (p_in) and (p_case is null or p.case_id = p_case) and p.removed_at is null and p.id in (
        select p.id from parties p where search_vector(p.name) @@ q
        union select p.id from parties p where p.name ilike likely
        union select p.id from parties p where p_like <% p.name)
),
found_details as materialized (
    select d.case_id, d.org, d.audience from details d
    where 'cases' = any (p_in) and (p_case is null or d.case_id = p_case)
        and search_vector(search_case('', '', d.fields)) @@ q
),
case_hits as (
    select 'case' as kind, h.case_id as id, null::uuid as version, h.case_id, null::uuid as under,
        null::integer as page, max(h.rank)::float8 as rank
    from (
        (select t.case_id, greatest(word_similarity(p_like, t.title), word_similarity(p_like, t.number), 0.1)
            as rank from found_cases t where t.case_id <> all (walls)
            and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            order by t.id desc limit 300)
        union all
        (select t.case_id, greatest(word_similarity(p_like, t.name), 0.1) from found_parties t where t.case_id <> all (walls)
            and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            order by t.case_id desc limit 300)
        union all
        (select t.case_id, 0.1 from found_details t where t.case_id <> all (walls)
            and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            order by t.case_id desc limit 300)
    ) h group by h.case_id
),
shown as materialized (
    select h.*, c.title as case_title, c.number as case_number
    from (select * from seen_messages union all select * from document_hits union all select * from case_hits) h
        join cases c on c.id = h.case_id
    where (p_rank is null or (h.rank, h.id) < (p_rank, p_id))
        and c.id <> all (walls)
        and (offices -> c.org::text ?| c.audience
            or c.id = any (staffed) and 'staff' = any (c.audience)
            or c.id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = c.id and g.role = any (c.audience)))
    order by h.rank desc, h.id desc limit p_limit
)
select s.kind, s.id, s.version, s.case_id, s.case_title,
    case s.kind when 'message' then v.title when 'document' then d.name else s.case_number || ' ' || s.case_title end,
    coalesce(case
        when position(E'\uE000' in ts_headline('english', body.text, q, how)) > 0
            then ts_headline('english', body.text, q, how)
        -- References stand apart only in the words; where nothing is marked as it stands, those are shown.
        else ts_headline('simple', search_words(body.text), q, how) end, ''),
    s.page, s.rank
from shown s
    left join conversations v on v.id = s.under
    left join documents d on s.kind = 'document' and d.id = s.id
    left join lateral (
        select translate(coalesce(
            (select m.body from messages m where s.kind = 'message' and m.id = s.id),
            (select t.text from version_texts t where t.version = s.version and t.page = s.page),
            (select string_agg(p.name, ' · ' order by p.name) from (
                select t.name from parties t where s.kind = 'case' and t.case_id = s.id and t.removed_at is null
                    and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
                union all
                select btrim(search_case('', '', t.fields)) from details t where s.kind = 'case' and t.case_id = s.id
                    and search_vector(search_case('', '', t.fields)) @@ q
                    and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
                order by 1 limit 100) p)), E'\uE000\uE001', '') as text
    ) body on true
order by s.rank desc, s.id desc;
end $$;
CREATE FUNCTION public.search_case(p_number text, p_title text, p_intake jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
 SELECT ((((p_number || ' '::text) || p_title) || ' '::text) || COALESCE(( SELECT string_agg(jsonb_each_text.value, ' '::text) AS string_agg
            FROM jsonb_each_text(search_case.p_intake) jsonb_each_text(key, value)), ''::text));
END;
CREATE FUNCTION public.search_words(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
 SELECT regexp_replace(public.unaccent('public.unaccent'::regdictionary, p_text), '([[:alnum:]])[-/_.:#@]+(?=[[:alnum:]])'::text, '\1 '::text, 'g'::text) AS regexp_replace;
END;
CREATE FUNCTION public.search_vector(p_text text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
 SELECT (to_tsvector('simple'::regconfig, public.search_words(p_text)) || to_tsvector('english'::regconfig, public.unaccent('public.unaccent'::regdictionary, p_text)));
END;
CREATE FUNCTION public.seat_person(p_org uuid, p_person uuid, p_role text, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    before text;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'seat_person' using errcode = 'insufficient_privilege';
    end if;
    select role into before from grants where person = p_person and scope = p_org;
    if before is null then
        return null;
    end if;
    if p_role is null then
        delete from grants where person = p_person and scope = p_org;
    else
        update grants set role = p_role, since = p_now where person = p_person and scope = p_org;
    end if;
    perform settle_grants(p_org, array[p_person], null, p_now);
    return before;
end $$;
CREATE FUNCTION public.seat_service(p_org uuid, p_id uuid, p_role text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not administers(p_org) or not exists (select 1 from services where id = p_id and org = p_org) then
        raise exception 'seat_service' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select 1 from grants where person = p_id and scope = p_org) then
        insert into grants (person, scope, role, org, since) values (p_id, p_org, p_role, p_org, p_now);
    end if;
end $$;
CREATE FUNCTION public.seated(p_org uuid, p_people uuid[], p_roles text[]) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(array_agg(DISTINCT g.person), '{}'::uuid[]) AS "coalesce"
    FROM public.grants g
   WHERE ((g.scope = seated.p_org) AND (g.person = ANY (seated.p_people)) AND (g.role = ANY (seated.p_roles)) AND (EXISTS ( SELECT 1
            FROM public.grants m
           WHERE ((m.person = public.me()) AND (m.scope = seated.p_org) AND (m.role = ANY (ARRAY['admin'::text, 'desk'::text]))))));
END;
CREATE FUNCTION public.seen_past(p_org uuid, p_person uuid, p_by uuid, p_before text) RETURNS uuid[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ARRAY( SELECT w.scope
            FROM (public.grants w
              JOIN public.cases c ON ((c.id = w.scope)))
           WHERE ((w.person = seen_past.p_by) AND (w.org = seen_past.p_org) AND (w.role = 'walled'::text) AND ((seen_past.p_before = ANY (c.audience)) OR (EXISTS ( SELECT 1
                    FROM public.grants g
                   WHERE ((g.person = seen_past.p_person) AND (g.scope = w.scope) AND (g.role = 'staff'::text))))))) AS "array";
END;
CREATE FUNCTION public.service_reached() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    case tg_table_name
        when 'services' then perform brought_service(new.org, new.id, new.made_by);
        when 'oauth_apps' then perform brought_service(new.org, new.service, coalesce(me(), new.added_by));
        else perform brought_service(v.org, v.id, me()) from services v where v.id = new.person;
    end case;
    return null;
end $$;
CREATE FUNCTION public.service_sessions(p_org uuid, p_service uuid, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone, scopes text[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT s.id,
     s.person,
     s.kind,
     s.label,
     s.made_at,
     s.expires_at,
     s.address,
     s.used_at,
     s.scopes
    FROM (public.sessions s
      JOIN public.services v ON ((v.id = s.person)))
   WHERE ((v.id = service_sessions.p_service) AND (v.org = service_sessions.p_org) AND public.administers(service_sessions.p_org) AND (s.ended_at IS NULL) AND (s.expires_at > service_sessions.p_now))
   ORDER BY COALESCE(s.used_at, s.made_at) DESC, s.id DESC
  LIMIT 200;
END;
CREATE FUNCTION public.services_of(p_org uuid, p_service uuid, p_after uuid, p_limit integer) RETURNS TABLE(id uuid, org uuid, name text, role text, made_at timestamp with time zone, made_by uuid, disabled_at timestamp with time zone, revision integer, used_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT v.id,
     v.org,
     p.name,
     COALESCE(( SELECT g.role
            FROM public.grants g
           WHERE ((g.person = v.id) AND (g.scope = services_of.p_org))
          LIMIT 1), ''::text) AS "coalesce",
     v.made_at,
     v.made_by,
     v.disabled_at,
     v.revision,
     ( SELECT max(s.used_at) AS max
            FROM public.sessions s
           WHERE (s.person = v.id)) AS max
    FROM (public.services v
      JOIN public.people p ON ((p.id = v.id)))
   WHERE ((v.org = services_of.p_org) AND public.administers(services_of.p_org) AND ((services_of.p_service IS NULL) OR (v.id = services_of.p_service)) AND ((services_of.p_after IS NULL) OR (v.id > services_of.p_after)))
   ORDER BY v.id
  LIMIT services_of.p_limit;
END;
CREATE FUNCTION public.session_over(p_session uuid, p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM public.sessions s
           WHERE ((s.id = session_over.p_session) AND (s.person = session_over.p_person) AND (s.ended_at IS NOT NULL)))) AS "exists";
END;
CREATE FUNCTION public.set_mfa_rule(p_org uuid, p_roles text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_mfa_rule' using errcode = 'insufficient_privilege';
    end if;
    update organisations set mfa_roles = p_roles, mfa_since = now() where id = p_org;
end $$;
CREATE FUNCTION public.set_publications(p_org uuid, p_types text[], p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_publications' using errcode = 'insufficient_privilege';
    end if;
    delete from publications where org = p_org and type <> all (p_types);
    insert into publications (org, type, since, by) select p_org, t, p_now, me() from unnest(p_types) as t
        on conflict do nothing;
end $$;
CREATE FUNCTION public.set_scim_role(p_org uuid, p_role text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_scim_role' using errcode = 'insufficient_privilege';
    end if;
    update organisations set scim_role = p_role where id = p_org;
end $$;
CREATE FUNCTION public.settle_grants(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamp with time zone) RETURNS TABLE(person uuid, seat text, head bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants g where g.person = me() and g.org = p_org)
        and session_user <> 'casewire_system' then
        raise exception 'settle_grants: not of this organisation' using errcode = 'insufficient_privilege';
    end if;
    perform pg_advisory_xact_lock(lock_key(p_org));
    if p_people is null and p_cases is null then
        raise exception 'settle_grants: name people or cases';
    end if;
    return query select * from settled(p_org,
        case when p_people is not null then p_people || brought_along(p_org, p_people) end, p_cases, p_now);
    perform keep_walls(p_org);
end $$;
CREATE FUNCTION public.settled(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamp with time zone) RETURNS TABLE(person uuid, seat text, head bigint)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
begin
    return query with wanted as materialized (
        select a.person, a.case_id as scope, a.role from participants a
            where a.org = p_org and a.revoked_at is null
                and (p_people is null or a.person = any (p_people)) and (p_cases is null or a.case_id = any (p_cases))
        union
        select m.person, c.case_id, c.role from team_cases c
            join team_members m on m.team = c.team and m.left_at is null
            join grants s on s.person = m.person and s.scope = p_org and s.role in ('admin', 'desk')
            where c.org = p_org and c.revoked_at is null
                and (p_people is null or m.person = any (p_people)) and (p_cases is null or c.case_id = any (p_cases))
        union
        select k.person, k.case_id, 'walled' from behind_walls(p_org, p_now) k
            where (p_people is null or k.person = any (p_people)) and (p_cases is null or k.case_id = any (p_cases))
    ), taken as (
        delete from grants g where g.org = p_org and g.scope <> p_org
                and (p_people is null or g.person = any (p_people)) and (p_cases is null or g.scope = any (p_cases))
                and not exists (select 1 from wanted w
                    where w.person = g.person and w.scope = g.scope and w.role = g.role)
            returning g.person, g.scope, g.role
    ), given as (
        insert into grants (person, scope, role, org, since) select w.person, w.scope, w.role, p_org, p_now from wanted w
            on conflict do nothing returning person, scope, role
    )
    select p.person, coalesce((select s.role from grants s where s.person = p.person and s.scope = p_org limit 1), ''),
        stream_head(p.person)
    from (select distinct c.person from (select * from taken union all select * from given) c
        -- A wall before a case that they could not see anyway is not theirs to notice.
        where c.role <> 'walled' or exists (select 1 from grants g join cases k on k.id = c.scope
            where g.person = c.person and g.role <> 'walled'
                and (g.scope = c.scope or (g.scope = p_org and g.role = any (k.audience))))) p
    order by p.person;
end $$;
CREATE FUNCTION public.signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamp with time zone) RETURNS TABLE(person uuid, waits uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
declare
    i invitations;
    holder uuid;
    taken uuid;
begin
    update invitations set used_at = p_now, revision = revision + 1
        where token_hash = p_hash and used_at is null and expires_at > p_now and withdrawn_at is null
        returning * into i;
    if i.id is null then
        return;
    end if;
    select p.id into taken from people p where p.id = i.person and p.email = i.email and p.vouched for update;
    if taken is not null then
        delete from identities where person = taken;
        delete from factors where person = taken;
        delete from recovery_codes where person = taken;
        delete from devices where person = taken;
        delete from challenges where person = taken or session in (select s.id from sessions s where s.person = taken);
        delete from journeys where session in (select s.id from sessions s where s.person = taken);
        -- An app of the office that asked before would be answered without a question.
        delete from oauth_consents where person = taken;
        delete from oauth_requests where person = taken;
        delete from oauth_codes where person = taken;
        delete from oauth_devices where person = taken;
        update oauth_families set ended_at = p_now where person = taken and ended_at is null;
        -- The hub ends them next, and tells their sockets. From here on they open nothing and make no other key.
        update sessions set token_hash = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), proved_at = null
            where person = taken and ended_at is null;
    end if;
    update people set name = p_name, password_hash = p_password_hash, zone = p_zone, email_proved_at = p_now,
            vouched = false
        where email = i.email and (not has_joined(id) or vouched and id = i.person) returning id into holder;
    if holder is not null then
        return query select holder, case when i.person = holder then i.id end;
    end if;
end $$;
CREATE FUNCTION public.signin_add_factor(p_session uuid, p_id uuid, p_kind text, p_label text, p_confirmed boolean, p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint, p_transports text[], p_now timestamp with time zone, p_max integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    if holder is null or (select count(*) from factors where person = holder and confirmed_at is not null) >= p_max then
        return false;
    end if;
    delete from factors where person = holder and kind = 'totp' and confirmed_at is null and p_kind = 'totp';
    insert into factors (id, person, kind, label, made_at, confirmed_at, sealed, credential, public_key, sign_count,
            transports)
        values (p_id, holder, p_kind, p_label, p_now, case when p_confirmed then p_now end, p_sealed, p_credential,
            p_public_key, p_sign_count, p_transports);
    if p_confirmed then
        update sessions set mfa = true, proved_at = p_now where id = p_session;
        update sessions set proved_at = null where person = holder and not mfa;
    end if;
    return true;
end $$;
CREATE FUNCTION public.signin_arrive(p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text, p_name text, p_person uuid, p_now timestamp with time zone) RETURNS TABLE(person uuid, brought boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
declare
    v providers;
    known uuid;
    fresh boolean := false;
begin
    select * into v from providers where id = p_provider and removed_at is null and issuer = p_issuer for share;
    if v.id is null or not lower(split_part(p_email, '@', 2)) = any (v.domains) then
        return;
    end if;
    perform pg_advisory_xact_lock(lock_key(v.org));
    select p.id into known from people p where p.email = p_email::citext for update;
    if known is null then
        if v.brings is null then
            return;
        end if;
        known := p_person;
        fresh := true;
        insert into people (id, email, name, zone, made_at)
            values (known, p_email, p_name, (select zone from organisations where id = v.org), p_now);
        insert into grants (person, scope, role, org, since) values (known, v.org, v.brings, v.org, p_now);
    elsif has_joined(known) or exists (select 1 from people p where p.id = known and p.email_proved_at is not null)
            or not exists (select 1 from grants g where g.person = known and g.scope = v.org)
            or exists (select 1 from grants g where g.person = known and g.org <> v.org) then
        return;
    end if;
    insert into identities (id, person, provider, issuer, subject, email, made_at, used_at)
        values (p_id, known, v.id, p_issuer, p_subject, p_email, p_now, p_now);
    update people set vouched = true where id = known;
    return query select known, fresh;
end $$;
CREATE FUNCTION public.signin_ask_link(p_email text, p_hash bytea, p_browser bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder people;
begin
    select * into holder from people where email = p_email::citext;
    if not comes_by_link(coalesce(holder.id, '00000000-0000-0000-0000-000000000000')) then
        holder := null;
    end if;
    insert into links (hash, person, browser, made_at, expires_at)
        values (p_hash, holder.id, p_browser, p_now, p_expires);
    if holder.id is not null then
        insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
            values (p_mail, '<' || p_mail || '@casewire>', holder.email, p_subject, p_body, p_now, p_now);
    end if;
end $$;
CREATE FUNCTION public.signin_ask_reset(p_email text, p_hash bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder people;
begin
    select * into holder from people where email = p_email::citext;
    if not may_reset(coalesce(holder.id, '00000000-0000-0000-0000-000000000000')) then
        holder := null;
    end if;
    insert into links (hash, person, purpose, made_at, expires_at) values (p_hash, holder.id, 'reset', p_now, p_expires);
    if holder.id is not null then
        insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
            values (p_mail, '<' || p_mail || '@casewire>', holder.email, p_subject, p_body, p_now, p_now);
    end if;
end $$;
CREATE TABLE public.audit_entries (
    tx bigint DEFAULT ((pg_current_xact_id())::text)::bigint NOT NULL,
    id bigint NOT NULL,
    log uuid NOT NULL,
    case_id uuid,
    person uuid,
    entry bytea NOT NULL,
    private jsonb,
    CONSTRAINT audit_entries_entry_check CHECK (((octet_length(entry) <= 65536) AND (POSITION(('\x0a'::bytea) IN (entry)) = 0))),
    CONSTRAINT says_the_same CHECK ((((log)::text = ((convert_from(entry, 'UTF8'::name))::json ->> 'log'::text)) AND (NOT ((case_id)::text IS DISTINCT FROM ((convert_from(entry, 'UTF8'::name))::json ->> 'case'::text))) AND (NOT ((person)::text IS DISTINCT FROM ((convert_from(entry, 'UTF8'::name))::json #>> '{by,person}'::text[])))))
);
ALTER TABLE ONLY public.audit_entries FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_audit(p_log uuid, p_case uuid, p_person uuid, p_entry bytea, p_private jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.audit_entries (log, case_id, person, entry, private)  SELECT signin_audit.p_log AS p_log,
             signin_audit.p_case AS p_case,
             signin_audit.p_person AS p_person,
             signin_audit.p_entry AS p_entry,
             signin_audit.p_private AS p_private
           WHERE (pg_current_xact_id_if_assigned() IS NOT NULL);
END;
CREATE TABLE public.challenges (
    hash bytea NOT NULL,
    purpose text NOT NULL,
    person uuid,
    session uuid,
    challenge bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    charged bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    basis bytea
);
ALTER TABLE ONLY public.challenges FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea, p_expires timestamp with time zone, p_charged bytea[], p_basis text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.challenges (hash, purpose, person, session, challenge, expires_at, charged, basis)
   VALUES (signin_challenge.p_hash, signin_challenge.p_purpose, signin_challenge.p_person, signin_challenge.p_session, signin_challenge.p_challenge, signin_challenge.p_expires, signin_challenge.p_charged, sha256(convert_to(signin_challenge.p_basis, 'UTF8'::name)));
END;
CREATE FUNCTION public.signin_confirm_factor(p_session uuid, p_factor uuid, p_step bigint, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    update factors set confirmed_at = p_now, used_at = p_now, last_step = p_step
        where id = p_factor and person = holder and kind = 'totp' and confirmed_at is null;
    if not found then
        return false;
    end if;
    update sessions set mfa = true, proved_at = p_now where id = p_session;
    update sessions set proved_at = null where person = holder and not mfa;
    return true;
end $$;
CREATE FUNCTION public.signin_credential(p_credential bytea) RETURNS SETOF public.factors
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT factors.id,
     factors.person,
     factors.kind,
     factors.label,
     factors.made_at,
     factors.confirmed_at,
     factors.used_at,
     factors.sealed,
     factors.last_step,
     factors.credential,
     factors.public_key,
     factors.sign_count,
     factors.transports
    FROM public.factors
   WHERE ((factors.credential = signin_credential.p_credential) AND (factors.confirmed_at IS NOT NULL));
END;
CREATE TABLE public.journeys (
    hash bytea NOT NULL,
    browser bytea NOT NULL,
    provider uuid NOT NULL,
    session uuid,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.journeys FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_depart(p_hash bytea, p_browser bytea, p_provider uuid, p_session uuid, p_now timestamp with time zone, p_expires timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.journeys (hash, browser, provider, session, made_at, expires_at)
   VALUES (signin_depart.p_hash, signin_depart.p_browser, signin_depart.p_provider, signin_depart.p_session, signin_depart.p_now, signin_depart.p_expires);
END;
CREATE FUNCTION public.signin_factors(p_person uuid) RETURNS SETOF public.factors
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT factors.id,
     factors.person,
     factors.kind,
     factors.label,
     factors.made_at,
     factors.confirmed_at,
     factors.used_at,
     factors.sealed,
     factors.last_step,
     factors.credential,
     factors.public_key,
     factors.sign_count,
     factors.transports
    FROM public.factors
   WHERE (factors.person = signin_factors.p_person)
   ORDER BY factors.made_at, factors.id;
END;
CREATE FUNCTION public.signin_forgive(p_keys bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform 1 from throttles where key = any (p_keys) order by key for update;
    update throttles set strikes = greatest(strikes - 1, 0), until = '-infinity' where key = any (p_keys);
end $$;
CREATE FUNCTION public.signin_holds(p_session uuid, p_hash bytea) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT public.holds(p_session, p_hash) AS holds;
END;
CREATE TABLE public.providers (
    id uuid NOT NULL,
    org uuid NOT NULL,
    name text NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    sealed bytea NOT NULL,
    domains text[] DEFAULT '{}'::text[] NOT NULL,
    brings text,
    mfa_amr text[] DEFAULT '{}'::text[] NOT NULL,
    mfa_acr text[] DEFAULT '{}'::text[] NOT NULL,
    made_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT providers_brings_check CHECK ((brings = ANY (ARRAY['desk'::text, 'outside'::text])))
);
ALTER TABLE ONLY public.providers FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_identity(p_issuer text, p_subject text, p_provider uuid, p_email text, p_now timestamp with time zone) RETURNS TABLE(person uuid, second boolean, elsewhere boolean)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.identities i SET used_at = signin_identity.p_now, email = signin_identity.p_email
   WHERE ((i.issuer = signin_identity.p_issuer) AND (i.subject = signin_identity.p_subject))
   RETURNING i.person,
     (EXISTS ( SELECT 1
            FROM public.factors f
           WHERE ((f.person = i.person) AND (f.confirmed_at IS NOT NULL)))) AS "exists",
     (EXISTS ( SELECT 1
            FROM (public.grants g
              JOIN public.organisations o ON ((o.id = g.org)))
           WHERE ((g.person = i.person) AND (g.scope = g.org) AND (g.role = ANY (o.mfa_roles)) AND (o.id <> ( SELECT v.org
                    FROM public.providers v
                   WHERE (v.id = signin_identity.p_provider)))))) AS "exists";
END;
CREATE FUNCTION public.signin_invitation(p_hash bytea, p_now timestamp with time zone) RETURNS TABLE(email text, name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (i.email)::text AS email,
     i.name
    FROM (public.invitations i
      JOIN public.people p ON ((p.email OPERATOR(public.=) i.email)))
   WHERE ((i.token_hash = signin_invitation.p_hash) AND (i.used_at IS NULL) AND (i.expires_at > signin_invitation.p_now) AND (i.withdrawn_at IS NULL) AND ((NOT public.has_joined(p.id)) OR (p.vouched AND (p.id = i.person))));
END;
CREATE FUNCTION public.signin_known(p_hash bytea, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, scopes text[], via uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT s.id,
     s.person,
     s.kind,
     s.scopes,
     ( SELECT f.app
            FROM public.oauth_families f
           WHERE (f.id = s.family)) AS app
    FROM public.sessions s
   WHERE ((s.token_hash = signin_known.p_hash) AND (s.ended_at IS NULL) AND (s.expires_at > signin_known.p_now));
END;
CREATE TABLE public.devices (
    hash bytea NOT NULL,
    person uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.devices FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_knows(p_person uuid, p_device bytea, p_since timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM public.devices d
           WHERE ((d.person = signin_knows.p_person) AND (d.hash = signin_knows.p_device) AND (d.used_at > signin_knows.p_since)))) AS "exists";
END;
CREATE FUNCTION public.signin_link_identity(p_session uuid, p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text, p_now timestamp with time zone, p_proved_since timestamp with time zone, p_max integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.kind = 'browser' and s.ended_at is null and s.expires_at > p_now
            and s.proved_at > p_proved_since for update of p;
    if holder is null then
        return 'session';
    end if;
    if (select count(*) from identities where person = holder) >= p_max then
        return 'many';
    end if;
    insert into identities (id, person, provider, issuer, subject, email, made_at)
        values (p_id, holder, p_provider, p_issuer, p_subject, p_email, p_now) on conflict (issuer, subject) do nothing;
    if found then
        return 'linked';
    end if;
    return case when exists (select 1 from identities where issuer = p_issuer and subject = p_subject
        and person = holder) then 'again' else 'taken' end;
end $$;
CREATE FUNCTION public.signin_oauth_app(p_id uuid) RETURNS TABLE(id uuid, org uuid, name text, kind text, redirect_uris text[], logout_uris text[], scopes text[], id_token_alg text, service uuid, secret_hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT a.id,
     a.org,
     a.name,
     a.kind,
     a.redirect_uris,
     a.logout_uris,
     a.scopes,
     a.id_token_alg,
     a.service,
     a.secret_hash
    FROM public.oauth_apps a
   WHERE ((a.id = signin_oauth_app.p_id) AND (a.ended_at IS NULL));
END;
CREATE FUNCTION public.signin_oauth_begin_device(p_hash bytea, p_user bytea, p_app uuid, p_scopes text[], p_address text, p_now timestamp with time zone, p_expires timestamp with time zone, p_interval_s integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    insert into oauth_devices (hash, user_hash, app, scopes, address, made_at, expires_at, interval_s)
        values (p_hash, p_user, p_app, p_scopes, p_address, p_now, p_expires, p_interval_s) on conflict do nothing;
    return found;
end $$;
CREATE FUNCTION public.signin_oauth_claims(p_session uuid, p_now timestamp with time zone) RETURNS TABLE(person uuid, name text, zone text, email text, verified boolean, scopes text[], changed_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     p.name,
     p.zone,
     (p.email)::text AS email,
     (p.email_proved_at IS NOT NULL),
     s.scopes,
     p.made_at
    FROM ((public.sessions s
      JOIN public.people p ON ((p.id = s.person)))
      JOIN public.oauth_families f ON ((f.id = s.family)))
   WHERE ((s.id = signin_oauth_claims.p_session) AND (s.ended_at IS NULL) AND (s.expires_at > signin_oauth_claims.p_now) AND (f.ended_at IS NULL) AND public.oauth_stands(f.app, f.person, f.mfa));
END;
CREATE TABLE public.oauth_codes (
    hash bytea NOT NULL,
    app uuid NOT NULL,
    person uuid NOT NULL,
    session uuid NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    nonce text NOT NULL,
    challenge text NOT NULL,
    auth_time timestamp with time zone NOT NULL,
    mfa boolean NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    family uuid
);
ALTER TABLE ONLY public.oauth_codes FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_oauth_code(p_hash bytea) RETURNS TABLE(app uuid, person uuid, redirect_uri text, scopes text[], nonce text, challenge text, family uuid, used boolean, expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT c.app,
     c.person,
     c.redirect_uri,
     c.scopes,
     c.nonce,
     c.challenge,
     c.family,
     (c.used_at IS NOT NULL),
     c.expires_at
    FROM public.oauth_codes c
   WHERE (c.hash = signin_oauth_code.p_hash);
END;
CREATE FUNCTION public.signin_oauth_device(p_hash bytea) RETURNS TABLE(app uuid, scopes text[], allowed boolean, decided boolean, used boolean, expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT d.app,
     d.scopes,
     d.allowed,
     (d.decided_at IS NOT NULL),
     (d.used_at IS NOT NULL),
     d.expires_at
    FROM public.oauth_devices d
   WHERE (d.hash = signin_oauth_device.p_hash);
END;
CREATE FUNCTION public.signin_oauth_keep_key(p_id uuid, p_alg text, p_public text, p_sealed bytea, p_now timestamp with time zone, p_since timestamp with time zone, p_forget boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock(lock_key('00000000-0000-0000-0000-0000000000aa'));
    if exists (select 1 from oauth_keys where alg = p_alg and retired_at is null and made_at > p_since) then
        return false;
    end if;
    update oauth_keys set retired_at = p_now where alg = p_alg and retired_at is null;
    insert into oauth_keys (id, alg, public, sealed, made_at) values (p_id, p_alg, p_public, p_sealed, p_now);
    delete from oauth_keys where retired_at is not null and (p_forget or retired_at < p_now - interval '30 days');
    return true;
end $$;
CREATE TABLE public.oauth_keys (
    id uuid NOT NULL,
    alg text NOT NULL,
    public text NOT NULL,
    sealed bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT oauth_keys_alg_check CHECK ((alg = ANY (ARRAY['RS256'::text, 'ES256'::text])))
);
ALTER TABLE ONLY public.oauth_keys FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_oauth_keys() RETURNS SETOF public.oauth_keys
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT oauth_keys.id,
     oauth_keys.alg,
     oauth_keys.public,
     oauth_keys.sealed,
     oauth_keys.made_at,
     oauth_keys.retired_at
    FROM public.oauth_keys
   ORDER BY oauth_keys.made_at DESC, oauth_keys.id;
END;
CREATE FUNCTION public.signin_oauth_poll(p_hash bytea, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.oauth_devices d SET polled_at = signin_oauth_poll.p_now, interval_s =
         CASE
             WHEN (d.polled_at > (signin_oauth_poll.p_now - make_interval(secs => ((d.interval_s - 1))::double precision))) THEN (d.interval_s + 5)
             ELSE d.interval_s
         END
    FROM ( SELECT o.hash,
             (o.polled_at > (signin_oauth_poll.p_now - make_interval(secs => ((o.interval_s - 1))::double precision))) AS soon
            FROM public.oauth_devices o
           WHERE (o.hash = signin_oauth_poll.p_hash)
          FOR UPDATE OF o) before
   WHERE (d.hash = before.hash)
   RETURNING COALESCE(before.soon, false) AS "coalesce";
END;
CREATE FUNCTION public.signin_oauth_redeem(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_family_expires timestamp with time zone, p_address text) RETURNS TABLE(person uuid, scopes text[], nonce text, auth_time timestamp with time zone, mfa boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
declare
    c oauth_codes;
begin
    update oauth_codes set used_at = p_now, family = p_family
        where hash = p_code and used_at is null and expires_at > p_now returning * into c;
    if not found or not oauth_stands(c.app, c.person, c.mfa) or not exists (select 1 from sessions s
            where s.id = c.session and s.ended_at is null and s.expires_at > p_now) then
        return;
    end if;
    insert into oauth_families (id, app, person, session, offline, scopes, auth_time, mfa, address, made_at, used_at,
            expires_at)
        values (p_family, c.app, c.person, c.session, 'offline_access' = any (c.scopes), c.scopes, c.auth_time, c.mfa,
            p_address, p_now, p_now, p_family_expires);
    perform oauth_open(p_family, p_session, p_token, c.scopes,
        case when 'offline_access' = any (c.scopes) then p_refresh end, p_now, p_expires, p_refresh_expires, p_address);
    return query select c.person, c.scopes, c.nonce, c.auth_time, c.mfa;
end $$;
CREATE FUNCTION public.signin_oauth_redeem_device(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_family_expires timestamp with time zone, p_address text) RETURNS TABLE(person uuid, scopes text[], nonce text, auth_time timestamp with time zone, mfa boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
declare
    d oauth_devices;
begin
    update oauth_devices set used_at = p_now
        where hash = p_code and used_at is null and allowed and expires_at > p_now returning * into d;
    if not found or not oauth_stands(d.app, d.person, d.mfa) or not exists (select 1 from sessions s
            where s.id = d.session and s.ended_at is null and s.expires_at > p_now) then
        return;
    end if;
    insert into oauth_families (id, app, person, session, offline, scopes, auth_time, mfa, address, made_at, used_at,
            expires_at)
        values (p_family, d.app, d.person, d.session, 'offline_access' = any (d.scopes), d.scopes, d.auth_time, d.mfa,
            p_address, p_now, p_now, p_family_expires);
    perform oauth_open(p_family, p_session, p_token, d.scopes,
        case when 'offline_access' = any (d.scopes) then p_refresh end, p_now, p_expires, p_refresh_expires, p_address);
    return query select d.person, d.scopes, '', d.auth_time, d.mfa;
end $$;
CREATE FUNCTION public.signin_oauth_refresh(p_hash bytea) RETURNS TABLE(app uuid, person uuid, family uuid, scopes text[], used boolean, over boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT f.app,
     f.person,
     f.id,
     f.scopes,
     (r.used_at IS NOT NULL),
     (f.ended_at IS NOT NULL)
    FROM (public.oauth_refreshes r
      JOIN public.oauth_families f ON ((f.id = r.family)))
   WHERE (r.hash = signin_oauth_refresh.p_hash);
END;
CREATE FUNCTION public.signin_oauth_rotate(p_before bytea, p_scopes text[], p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_address text) RETURNS TABLE(person uuid, auth_time timestamp with time zone, mfa boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
declare
    f oauth_families;
    used uuid;
begin
    update oauth_refreshes set used_at = p_now where hash = p_before and used_at is null and expires_at > p_now
        returning family into used;
    select * into f from oauth_families where id = used and ended_at is null and expires_at > p_now for update;
    if not found or not oauth_stands(f.app, f.person, f.mfa) then
        return;
    end if;
    perform oauth_open(f.id, p_session, p_token, p_scopes, p_refresh, p_now, p_expires, p_refresh_expires, p_address);
    return query select f.person, f.auth_time, f.mfa;
end $$;
CREATE FUNCTION public.signin_oauth_service(p_app uuid, p_family uuid, p_scopes text[], p_session uuid, p_token bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    acts_as uuid;
begin
    select service into acts_as from oauth_apps where id = p_app and kind = 'service' and ended_at is null;
    if acts_as is null or not oauth_stands(p_app, acts_as, true) then
        return null;
    end if;
    insert into oauth_families (id, app, person, offline, scopes, auth_time, mfa, address, made_at, used_at, expires_at)
        values (p_family, p_app, acts_as, true, p_scopes, p_now, true, p_address, p_now, p_now, p_expires);
    perform oauth_open(p_family, p_session, p_token, p_scopes, null, p_now, p_expires, p_expires, p_address);
    return acts_as;
end $$;
CREATE FUNCTION public.signin_oauth_token(p_hash bytea, p_app uuid, p_now timestamp with time zone) RETURNS TABLE(family uuid, person uuid, refresh boolean, scopes text[], made_at timestamp with time zone, expires_at timestamp with time zone, active boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT f.id,
     f.person,
     t.refresh,
     t.scopes,
     t.made_at,
     t.expires_at,
     (t.active AND (t.expires_at > signin_oauth_token.p_now) AND (f.ended_at IS NULL) AND public.oauth_stands(f.app, f.person, f.mfa))
    FROM (( SELECT s.family,
             false AS refresh,
             s.scopes,
             s.made_at,
             s.expires_at,
             (s.ended_at IS NULL) AS active
            FROM public.sessions s
           WHERE ((s.token_hash = signin_oauth_token.p_hash) AND (s.family IS NOT NULL))
         UNION ALL
          SELECT r.family,
             true,
             NULL::text[] AS text,
             r.made_at,
             r.expires_at,
             (r.used_at IS NULL)
            FROM public.oauth_refreshes r
           WHERE (r.hash = signin_oauth_token.p_hash)) t(family, refresh, scopes, made_at, expires_at, active)
      JOIN public.oauth_families f ON ((f.id = t.family)))
   WHERE (f.app = signin_oauth_token.p_app);
END;
CREATE FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone, p_scopes text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder text;
begin
    select kind into holder from people where id = p_person;
    perform 1 from services where id = p_person and disabled_at is null for share;
    if holder = 'service' and (not found or p_kind not in ('service', 'app'))
            or holder = 'person' and p_kind = 'service' then
        raise exception 'signin_open: no session of this kind' using errcode = 'invalid_authorization_specification';
    end if;
    insert into sessions (id, token_hash, person, kind, label, made_at, expires_at, address, mfa, proved_at, scopes)
        values (p_id, p_hash, p_person, p_kind, p_label, p_now, p_expires, p_address, p_mfa, p_proved_at, p_scopes);
end $$;
CREATE FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone, p_scopes text[], p_idle_s integer) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    unused timestamptz := least(p_expires, p_now + make_interval(secs => p_idle_s));
begin
    perform signin_open(p_id, p_hash, p_person, p_kind, p_label, p_now, unused, p_address, p_mfa, p_proved_at, p_scopes);
    update sessions set idle_s = p_idle_s, until = p_expires where id = p_id and p_idle_s is not null;
    return unused;
end $$;
CREATE FUNCTION public.signin_person(p_email text, p_device bytea, p_since timestamp with time zone) RETURNS TABLE(id uuid, password_hash text, known boolean, second boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     p.password_hash,
     (EXISTS ( SELECT 1
            FROM public.devices d
           WHERE ((d.person = p.id) AND (d.hash = signin_person.p_device) AND (d.used_at > signin_person.p_since)))) AS "exists",
     (EXISTS ( SELECT 1
            FROM public.factors f
           WHERE ((f.person = p.id) AND (f.confirmed_at IS NOT NULL)))) AS "exists"
    FROM public.people p
   WHERE (p.email OPERATOR(public.=) (signin_person.p_email)::public.citext);
END;
CREATE FUNCTION public.signin_prove(p_session uuid, p_mfa boolean, p_now timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.sessions s SET proved_at = signin_prove.p_now, mfa = (s.mfa OR signin_prove.p_mfa)
   WHERE ((s.id = signin_prove.p_session) AND (signin_prove.p_mfa OR (NOT (EXISTS ( SELECT 1
            FROM public.factors f
           WHERE ((f.person = s.person) AND (f.confirmed_at IS NOT NULL)))))));
END;
CREATE FUNCTION public.signin_provider(p_id uuid) RETURNS TABLE(id uuid, org uuid, name text, issuer text, client_id text, sealed bytea, domains text[], brings text, mfa_amr text[], mfa_acr text[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT providers.id,
     providers.org,
     providers.name,
     providers.issuer,
     providers.client_id,
     providers.sealed,
     providers.domains,
     providers.brings,
     providers.mfa_amr,
     providers.mfa_acr
    FROM public.providers
   WHERE ((providers.id = signin_provider.p_id) AND (providers.removed_at IS NULL));
END;
CREATE FUNCTION public.signin_providers() RETURNS TABLE(id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT providers.id,
     providers.name
    FROM public.providers
   WHERE (providers.removed_at IS NULL)
   ORDER BY (lower(providers.name)), providers.id
  LIMIT 50;
END;
CREATE FUNCTION public.signin_remember(p_person uuid, p_device bytea, p_now timestamp with time zone, p_max integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    news boolean := exists (select 1 from devices where person = p_person)
        and not exists (select 1 from devices where person = p_person and hash = p_device);
begin
    insert into devices (hash, person, made_at, used_at) values (p_device, p_person, p_now, p_now)
        on conflict (person, hash) do update set used_at = p_now;
    delete from devices d where d.person = p_person and d.hash in (select o.hash from devices o
        where o.person = p_person order by o.used_at desc offset p_max);
    return news;
end $$;
CREATE FUNCTION public.signin_remove_factor(p_session uuid, p_factor uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder uuid;
    others boolean;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    if not exists (select 1 from factors where id = p_factor and person = holder) then
        return 'absent';
    end if;
    others := exists (select 1 from factors where person = holder and id <> p_factor and confirmed_at is not null);
    if not others and needs_factor(holder) then
        return 'needed';
    end if;
    if not exists (select 1 from people where id = holder and password_hash is not null)
            and exists (select 1 from factors where id = p_factor and kind = 'passkey')
            and not exists (select 1 from factors where person = holder and id <> p_factor and kind = 'passkey'
                and confirmed_at is not null)
            and not exists (select 1 from identities where person = holder) then
        return 'only';
    end if;
    delete from factors where id = p_factor;
    if not others then
        delete from recovery_codes where person = holder;
        update sessions set mfa = false where person = holder;
    end if;
    return 'removed';
end $$;
CREATE TABLE public.links (
    hash bytea NOT NULL,
    person uuid,
    browser bytea,
    purpose text DEFAULT 'visit'::text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT links_purpose_check CHECK ((purpose = ANY (ARRAY['visit'::text, 'reset'::text])))
);
ALTER TABLE ONLY public.links FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_reset(p_hash bytea, p_now timestamp with time zone) RETURNS TABLE(person uuid, email text, name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     (p.email)::text AS email,
     p.name
    FROM (public.links l
      JOIN public.people p ON ((p.id = l.person)))
   WHERE ((l.hash = signin_reset.p_hash) AND (l.purpose = 'reset'::text) AND (l.expires_at > signin_reset.p_now) AND public.may_reset(p.id));
END;
CREATE FUNCTION public.signin_return(p_hash bytea, p_browser bytea, p_provider uuid, p_now timestamp with time zone) RETURNS TABLE(session uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 DELETE FROM public.journeys j
   WHERE ((j.hash = signin_return.p_hash) AND (j.browser = signin_return.p_browser) AND (j.provider = signin_return.p_provider) AND (j.expires_at > signin_return.p_now))
   RETURNING j.session;
END;
CREATE FUNCTION public.signin_session(p_hash bytea, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, expires_at timestamp with time zone, scopes uuid[], roles text[], opens text[], via uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT s.id,
     s.person,
     s.kind,
     s.expires_at,
     COALESCE(( SELECT array_agg(g.scope ORDER BY g.scope, g.role) AS array_agg
            FROM public.grants g
           WHERE (g.person = s.person)), '{}'::uuid[]) AS "coalesce",
     COALESCE(( SELECT array_agg(g.role ORDER BY g.scope, g.role) AS array_agg
            FROM public.grants g
           WHERE (g.person = s.person)), '{}'::text[]) AS "coalesce",
     s.scopes,
     ( SELECT f.app
            FROM public.oauth_families f
           WHERE (f.id = s.family)) AS app
    FROM public.sessions s
   WHERE ((s.token_hash = signin_session.p_hash) AND (s.ended_at IS NULL) AND (s.expires_at > signin_session.p_now) AND (s.mfa OR (NOT public.needs_factor(s.person))));
END;
CREATE FUNCTION public.signin_set_recovery(p_session uuid, p_hashes bytea[], p_only_none boolean, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    if not exists (select 1 from factors where person = holder and confirmed_at is not null)
        or (p_only_none and exists (select 1 from recovery_codes where person = holder)) then
        return false;
    end if;
    delete from recovery_codes where person = holder;
    insert into recovery_codes (person, hash, made_at) select holder, hash, p_now from unnest(p_hashes) as hash;
    return true;
end $$;
CREATE FUNCTION public.signin_setup(p_org uuid, p_org_name text, p_case_types text[], p_zone text, p_person uuid, p_email text, p_name text, p_password_hash text, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock(lock_key('00000000-0000-0000-0000-000000000000'));
    if exists (select 1 from organisations) then
        return false;
    end if;
    insert into organisations (id, name, zone, case_types, made_at)
        values (p_org, p_org_name, p_zone, p_case_types, p_now);
    insert into people (id, email, name, zone, password_hash, made_at)
        values (p_person, p_email, p_name, p_zone, p_password_hash, p_now);
    insert into grants (person, scope, role, org, since) values (p_person, p_org, 'admin', p_org, p_now);
    return true;
end $$;
CREATE FUNCTION public.signin_setup_needed() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (NOT (EXISTS ( SELECT 1
            FROM public.organisations)));
END;
CREATE TABLE public.recovery_codes (
    person uuid NOT NULL,
    hash bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE ONLY public.recovery_codes FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_standing(p_session uuid, p_now timestamp with time zone) RETURNS TABLE(person uuid, email text, name text, kind text, mfa boolean, needed boolean, second boolean, proved_at timestamp with time zone, password_hash text, recovery integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     (p.email)::text AS email,
     p.name,
     s.kind,
     s.mfa,
     public.needs_factor(p.id) AS needs_factor,
     (EXISTS ( SELECT 1
            FROM public.factors f
           WHERE ((f.person = p.id) AND (f.confirmed_at IS NOT NULL)))) AS "exists",
     s.proved_at,
     p.password_hash,
     ( SELECT (count(*))::integer AS count
            FROM public.recovery_codes c
           WHERE ((c.person = p.id) AND (c.used_at IS NULL))) AS count
    FROM (public.sessions s
      JOIN public.people p ON ((p.id = s.person)))
   WHERE ((s.id = signin_standing.p_session) AND (s.ended_at IS NULL) AND (s.expires_at > signin_standing.p_now));
END;
CREATE FUNCTION public.signin_still(p_person uuid, p_password_hash text, p_issuer text, p_subject text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if p_issuer is null then
        perform 1 from people where id = p_person and password_hash = p_password_hash for share;
    else
        perform 1 from identities where person = p_person and issuer = p_issuer and subject = p_subject for share;
    end if;
    return found;
end $$;
CREATE FUNCTION public.signin_take(p_hash bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    delete from challenges where hash = p_hash;
    return found;
end $$;
CREATE TABLE public.mails (
    id uuid NOT NULL,
    message_id text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    try_at timestamp with time zone NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    sent_at timestamp with time zone,
    error text DEFAULT ''::text NOT NULL,
    reader uuid,
    guard jsonb
);
ALTER TABLE ONLY public.mails FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_tell(p_person uuid, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.mails (id, message_id, recipient, subject, body, made_at, try_at)  SELECT signin_tell.p_mail AS p_mail,
             (('<'::text || signin_tell.p_mail) || '@casewire>'::text),
             p.email,
             signin_tell.p_subject AS p_subject,
             signin_tell.p_body AS p_body,
             signin_tell.p_now AS p_now,
             signin_tell.p_now AS p_now
            FROM public.people p
           WHERE (p.id = signin_tell.p_person);
END;
CREATE FUNCTION public.signin_throttle(p_keys bytea[], p_free integer[], p_longest_s integer[], p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    wanted record;
    fresh bytea[] := '{}';
    wait_ms integer := 0;
begin
    for wanted in select k from unnest(p_keys) as k order by k loop
        insert into throttles (key, strikes, at, until) values (wanted.k, 0, p_now, '-infinity') on conflict do nothing;
        if found then
            fresh := fresh || wanted.k;
        end if;
        select greatest(wait_ms, case when t.until > p_now then ceil(extract(epoch from t.until - p_now) * 1000) end)
            into wait_ms from (select until from throttles where key = wanted.k for update) as t;
        wait_ms := coalesce(wait_ms, 0);
    end loop;
    if wait_ms > 0 then
        delete from throttles where key = any (fresh);
        return wait_ms;
    end if;
    update throttles t set strikes = n.strikes, at = p_now,
            until = case when n.strikes <= n.free then '-infinity'
                else p_now + make_interval(secs => least(n.longest, 2 ^ least(n.strikes - n.free - 1, 20))) end
        from (select old.key, g.free, g.longest,
                1 + case when old.at < p_now - interval '1 hour' then 0 else least(old.strikes, 1000) end as strikes
            from unnest(p_keys, p_free, p_longest_s) as g(key, free, longest)
            join throttles old on old.key = g.key) as n
        where t.key = n.key;
    return 0;
end $$;
CREATE FUNCTION public.signin_touch(p_session uuid, p_address text, p_now timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.sessions s SET used_at = signin_touch.p_now, address = signin_touch.p_address, expires_at =
         CASE
             WHEN (s.idle_s IS NULL) THEN s.expires_at
             ELSE GREATEST(s.expires_at, LEAST(s.until, (signin_touch.p_now + make_interval(secs => (s.idle_s)::double precision))))
         END
   WHERE ((s.id = signin_touch.p_session) AND (s.ended_at IS NULL) AND (s.expires_at > signin_touch.p_now));
END;
CREATE FUNCTION public.signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamp with time zone, p_max integer) RETURNS TABLE(person uuid, email text, challenge bytea, charged bytea[])
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.challenges c SET tries = (c.tries + 1)
   WHERE ((c.hash = signin_try.p_hash) AND (c.purpose = signin_try.p_purpose) AND (NOT (c.session IS DISTINCT FROM signin_try.p_session)) AND (c.expires_at > signin_try.p_now) AND (c.tries < signin_try.p_max) AND ((c.basis IS NULL) OR (c.basis = ( SELECT sha256(convert_to(p.password_hash, 'UTF8'::name)) AS sha256
            FROM public.people p
           WHERE (p.id = c.person)))))
   RETURNING c.person,
     ( SELECT (p.email)::text AS email
            FROM public.people p
           WHERE (p.id = c.person)) AS email,
     c.challenge,
     c.charged;
END;
CREATE FUNCTION public.signin_unlink_identity(p_session uuid, p_identity uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder uuid;
begin
    select s.person into holder from sessions s join identities i on i.person = s.person and i.id = p_identity
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now;
    if holder is null then
        return 'absent';
    end if;
    perform from people where id = holder for update;
    if not exists (select 1 from people where id = holder and password_hash is not null)
            and not exists (select 1 from factors where person = holder and kind = 'passkey' and confirmed_at is not null)
            and not exists (select 1 from identities where person = holder and id <> p_identity) then
        return 'needed';
    end if;
    delete from identities where id = p_identity and person = holder;
    return 'removed';
end $$;
CREATE FUNCTION public.signin_use_link(p_hash bytea, p_browser bytea, p_now timestamp with time zone) RETURNS TABLE(person uuid, second boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
#variable_conflict use_column
declare
    holder uuid;
begin
    delete from links where hash = p_hash and purpose = 'visit' and (browser is null or browser = p_browser)
            and expires_at > p_now
        returning links.person into holder;
    if holder is null or not comes_by_link(holder) then
        return;
    end if;
    update people set email_proved_at = coalesce(email_proved_at, p_now) where id = holder;
    return query select holder,
        exists (select 1 from factors f where f.person = holder and f.confirmed_at is not null);
end $$;
CREATE FUNCTION public.signin_use_passkey(p_factor uuid, p_before bigint, p_after bigint, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update factors set sign_count = p_after, used_at = p_now where id = p_factor and sign_count = p_before;
    return found;
end $$;
CREATE FUNCTION public.signin_use_recovery(p_person uuid, p_hash bytea, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update recovery_codes set used_at = p_now where person = p_person and hash = p_hash and used_at is null;
    return found;
end $$;
CREATE FUNCTION public.signin_use_step(p_factor uuid, p_step bigint, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update factors set last_step = p_step, used_at = p_now
        where id = p_factor and last_step < p_step and confirmed_at is not null;
    return found;
end $$;
CREATE FUNCTION public.spare(p_case uuid, p_document uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if exists (select 1 from tombstones where thing in (p_case, p_document)) then
        return;
    end if;
    if held(case when p_document is null then 'case' else 'document' end, coalesce(p_document, p_case)) is not null then
        raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
    end if;
end $$;
CREATE FUNCTION public.spare_buried() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if held(new.kind, new.thing) is not null then
        raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
    end if;
    return new;
end $$;
CREATE FUNCTION public.spare_key() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform spare(old.case_id, case when tg_table_name = 'data_keys'
        then (select v.document from versions v where v.id = (to_jsonb(old) ->> 'thing')::uuid) end);
    return case tg_op when 'DELETE' then old else new end;
end $$;
CREATE FUNCTION public.spare_original() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform spare((select case_id from messages where id = old.message), null);
    return case tg_op when 'DELETE' then old else new end;
end $$;
CREATE FUNCTION public.spare_person() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if not exists (select 1 from tombstones where thing = old.id) and held('person', old.id) is not null then
        raise exception 'a legal hold stands on them' using errcode = 'object_in_use';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
CREATE FUNCTION public.spare_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    row jsonb := to_jsonb(old);
begin
    perform spare((row ->> case when tg_table_name = 'cases' then 'id' else 'case_id' end)::uuid,
        (row ->> tg_argv[0])::uuid);
    return case tg_op when 'DELETE' then old else new end;
end $$;
CREATE FUNCTION public.spare_table() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if exists (select 1 from holds where released_at is null) then
        raise exception 'a legal hold stands' using errcode = 'object_in_use';
    end if;
    return null;
end $$;
CREATE TABLE public.tombstones (
    thing uuid NOT NULL,
    kind text NOT NULL,
    org uuid NOT NULL,
    within uuid,
    name_hash bytea,
    began_at timestamp with time zone,
    ended_at timestamp with time zone,
    destroyed_at timestamp with time zone NOT NULL,
    by uuid,
    why text NOT NULL,
    what jsonb DEFAULT '{}'::jsonb NOT NULL,
    done_at timestamp with time zone,
    CONSTRAINT tombstones_kind_check CHECK ((kind = ANY (ARRAY['case'::text, 'document'::text, 'person'::text])))
);
ALTER TABLE ONLY public.tombstones FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.still_attached(p_before jsonb, p_after jsonb) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (NOT (EXISTS ( SELECT 1
            FROM jsonb_array_elements(still_attached.p_before) a(value)
           WHERE ((NOT (still_attached.p_after @> jsonb_build_array(a.value))) AND (NOT (EXISTS ( SELECT 1
                    FROM public.tombstones t
                   WHERE (t.thing = ((a.value ->> 'document'::text))::uuid))))))));
END;
CREATE FUNCTION public.stood_behind(p_org uuid, p_people uuid[], p_since timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 WITH RECURSIVE along AS (
          SELECT unnest(stood_behind.p_people) AS person
         UNION
          SELECT b.person
            FROM (public.brought b
              JOIN along a ON ((a.person = b.by)))
           WHERE ((b.org = stood_behind.p_org) AND ((b.at IS NULL) OR (b.at >= stood_behind.p_since)))
         )
  SELECT (EXISTS ( SELECT 1
            FROM along a
           WHERE (a.person = public.me()))) AS "exists";
END;
CREATE FUNCTION public.stream_head(p_stream uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(max(events.seq), (0)::bigint) AS "coalesce"
    FROM public.events
   WHERE (events.stream = stream_head.p_stream);
END;
CREATE FUNCTION public.take_link(p_org uuid, p_person uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role in ('admin', 'desk')) then
        raise exception 'take_link' using errcode = 'insufficient_privilege';
    end if;
    delete from link_holders where person = p_person and org = p_org;
    if found and not comes_by_link(p_person) then
        delete from links where person = p_person and purpose = 'visit';
    end if;
end $$;
CREATE FUNCTION public.taking_part(p_case uuid, p_people uuid[]) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(array_agg(DISTINCT g.person), '{}'::uuid[]) AS "coalesce"
    FROM public.grants g
   WHERE ((g.scope = taking_part.p_case) AND (g.person = ANY (taking_part.p_people)) AND (g.role <> 'walled'::text) AND (NOT (EXISTS ( SELECT 1
            FROM public.grants k
           WHERE ((k.person = g.person) AND (k.scope = taking_part.p_case) AND (k.role = 'walled'::text))))) AND (taking_part.p_case <> ALL (public.walls_of_me())) AND (EXISTS ( SELECT 1
            FROM (public.cases c
              JOIN public.grants mine ON (((mine.person = public.me()) AND ((mine.scope = c.id) OR (mine.scope = c.org)) AND (mine.role = ANY (c.audience)))))
           WHERE (c.id = taking_part.p_case))));
END;
CREATE FUNCTION public.team_joined() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform raised_by(new.org, new.person, me(),
        (select g.role from grants g where g.person = new.person and g.scope = new.org), new.since);
    return null;
end $$;
CREATE FUNCTION public.team_left() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if me() is null or me() = old.person then
        return null;
    elsif exists (select 1 from grants g where g.person = me() and g.org = old.org and g.role = 'walled') then
        perform keep_own(old.org, old.person, seen_past(old.org, old.person, me(), null));
    else
        update brought b set own = array(select unnest(b.own)
                except select c.case_id from team_cases c where c.team = old.team)
            where b.org = old.org and b.person = old.person and b.by = old.person;
    end if;
    return null;
end $$;
CREATE FUNCTION public.uploads_open() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (count(*))::integer AS count
    FROM public.versions
   WHERE ((versions.by = public.me()) AND (versions.status = 'awaiting'::text));
END;
CREATE FUNCTION public.use_reset(p_hash bytea, p_after text, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    delete from links where hash = p_hash and purpose = 'reset' and person = me() and expires_at > p_now;
    if not found or not may_reset(me()) then
        return false;
    end if;
    update people set password_hash = p_after, email_proved_at = coalesce(email_proved_at, p_now) where id = me();
    delete from links where person = me() and purpose = 'reset';
    return true;
end $$;
CREATE FUNCTION public.wipe_person(p_org uuid, p_person uuid, p_by uuid, p_now timestamp with time zone) RETURNS uuid[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    whole boolean := not exists (select 1 from grants where person = p_person and org <> p_org);
    was people%rowtype;
    asked uuid := gen_random_uuid();
    open_sessions uuid[];
begin
    select * into was from people where id = p_person;
    perform pg_advisory_xact_lock_shared(hold_lock());
    if held('person', p_person) is not null then
        raise exception 'a legal hold stands on them' using errcode = 'object_in_use';
    end if;
    update participants set revoked_at = p_now, revision = revision + 1
        where person = p_person and org = p_org and revoked_at is null;
    delete from grants where person = p_person and org = p_org;
    delete from team_members where person = p_person and org = p_org;
    delete from link_holders where person = p_person and org = p_org;
    delete from scim_users where person = p_person and org = p_org;
    delete from notices where person = p_person and org = p_org;
    delete from invitations where org = p_org and (person = p_person or email = was.email);
    update events set data = jsonb_set(jsonb_set(data::jsonb, '{invitation,email}', '"erased"'),
            '{invitation,name}', '"Erased person"')::json
        where stream = p_org and type like 'invitation.%' and data -> 'invitation' ->> 'email' = was.email::text;
    if not whole then
        return null;
    end if;
    open_sessions := array(select id from sessions where person = p_person and ended_at is null);
    insert into tombstones (thing, kind, org, began_at, destroyed_at, by, why, what)
        values (p_person, 'person', p_org, was.made_at, p_now, p_by, 'erasure', '{}');
    insert into removals (thing, kind, name) select p_person, 'mail', message_id from mails
        where (reader = p_person or recipient = was.email::text) and not mails_of_others(p_org, recipient, made_at);
    delete from mails where (reader = p_person or recipient = was.email::text)
        and not mails_of_others(p_org, recipient, made_at);
    -- What was sent is kept without its words; a name may stand above them.
    update mails set subject = '' where sent_at is not null and length(was.name) > 3 and position(was.name in subject) > 0;
    delete from notices where person = p_person;
    delete from markers where person = p_person;
    delete from nudges where person = p_person;
    delete from team_members where person = p_person;
    delete from link_holders where person = p_person;
    delete from scim_users where person = p_person;
    delete from links where person = p_person;
    delete from challenges where person = p_person or session in (select id from sessions where person = p_person);
    delete from journeys where session in (select id from sessions where person = p_person);
    delete from recovery_codes where person = p_person;
    delete from factors where person = p_person;
    delete from devices where person = p_person;
    delete from identities where person = p_person;
    delete from oauth_codes where person = p_person;
    delete from oauth_requests where person = p_person;
    delete from oauth_devices where person = p_person;
    delete from oauth_consents where person = p_person;
    delete from oauth_refreshes where family in (select id from oauth_families where person = p_person);
    update sessions set family = null where person = p_person and family is not null;
    delete from oauth_families where person = p_person;
    delete from sessions where person = p_person;
    delete from events where stream = p_person and kind = 'person';
    update audit_entries set private = null where person = p_person and private is not null;
    update people set name = 'Erased person', email = p_person || '@erased.invalid', zone = 'UTC',
        password_hash = null, email_proved_at = null, erased_at = p_now where id = p_person;
    -- Whom others ask in waits for whoever reads that mail, as one who never came in.
    if exists (select 1 from invitations where person = p_person and email = was.email and used_at is null
            and answered_at is null and withdrawn_at is null) then
        insert into people (id, email, name, zone, made_at) values (asked, was.email, was.email, 'UTC', p_now);
        update invitations set person = asked where person = p_person and email = was.email and used_at is null
            and answered_at is null and withdrawn_at is null;
    end if;
    return open_sessions;
end $$;
CREATE FUNCTION public.wipe_words(p_person uuid, p_cases uuid[], p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    one uuid;
    n integer;
begin
    foreach one in array p_cases loop
        perform spare(one, null);
    end loop;
    delete from message_originals where message in (
        select id from messages where case_id = any (p_cases) and author = p_person);
    update events set data = jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
            '{message,attachments}', '[]')::json
        where stream = any (p_cases) and actor = p_person and type like 'message.%';
    update messages set body = null, attachments = '[]', retracted_at = coalesce(retracted_at, p_now),
        revision = revision + 1 where case_id = any (p_cases) and author = p_person;
    get diagnostics n = row_count;
    return n;
end $$;
CREATE FUNCTION public.withdraw_invitation(p_org uuid, p_id uuid, p_now timestamp with time zone) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'withdraw_invitation' using errcode = 'insufficient_privilege';
    end if;
    return query update invitations set withdrawn_at = p_now, revision = revision + 1
        where id = p_id and org = p_org and used_at is null and answered_at is null and withdrawn_at is null returning id;
end $$;
CREATE FUNCTION public.work_taken() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if me() is not null then
        update brought b set own = array_remove(b.own, old.case_id)
            where b.org = old.org and b.person = old.person and b.by = old.person;
    elsif session_user = 'casewire_system' then
        perform keep_own(old.org, old.person, array[old.case_id]);
    end if;
    return null;
end $$;
CREATE TABLE public.audit_checkpoints (
    log uuid NOT NULL,
    size bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    note text NOT NULL
);
ALTER TABLE ONLY public.audit_checkpoints FORCE ROW LEVEL SECURITY;
ALTER TABLE public.audit_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.audit_keys (
    key text NOT NULL,
    since timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.audit_keys FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_leaves (
    log uuid NOT NULL,
    n bigint NOT NULL,
    tx bigint NOT NULL,
    id bigint NOT NULL,
    hash bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    act text NOT NULL,
    outcome text NOT NULL,
    person uuid,
    case_id uuid,
    thing uuid,
    entry uuid NOT NULL,
    CONSTRAINT audit_leaves_hash_check CHECK ((octet_length(hash) = 32))
);
ALTER TABLE ONLY public.audit_leaves FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_logs (
    log uuid NOT NULL,
    size bigint NOT NULL,
    signed bigint DEFAULT 0 NOT NULL,
    signed_at timestamp with time zone,
    note text,
    CONSTRAINT audit_logs_check CHECK (((signed >= 0) AND (signed <= size))),
    CONSTRAINT audit_logs_size_check CHECK ((size > 0))
);
ALTER TABLE ONLY public.audit_logs FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_position (
    singleton boolean DEFAULT true NOT NULL,
    tx bigint NOT NULL,
    id bigint NOT NULL,
    CONSTRAINT audit_position_singleton_check CHECK (singleton)
);
ALTER TABLE ONLY public.audit_position FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_tiles (
    log uuid NOT NULL,
    level smallint NOT NULL,
    n bigint NOT NULL,
    hashes bytea NOT NULL
);
ALTER TABLE ONLY public.audit_tiles FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_witnessed (
    witness text NOT NULL,
    log uuid NOT NULL,
    size bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.audit_witnessed FORCE ROW LEVEL SECURITY;
CREATE TABLE public.case_keys (
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    wrapped bytea,
    root text,
    made_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    CONSTRAINT case_keys_check CHECK (((wrapped IS NULL) = (destroyed_at IS NOT NULL)))
);
ALTER TABLE ONLY public.case_keys FORCE ROW LEVEL SECURITY;
CREATE TABLE public.case_numbers (
    org uuid NOT NULL,
    prefix text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL
);
ALTER TABLE ONLY public.case_numbers FORCE ROW LEVEL SECURITY;
CREATE TABLE public.certificates (
    id uuid NOT NULL,
    org uuid,
    kind text NOT NULL,
    thing uuid,
    at timestamp with time zone NOT NULL,
    body text NOT NULL,
    sha256 bytea NOT NULL,
    scrubbed_at timestamp with time zone,
    note text,
    CONSTRAINT certificates_kind_check CHECK ((kind = ANY (ARRAY['case'::text, 'document'::text, 'person'::text, 'scrub'::text])))
);
ALTER TABLE ONLY public.certificates FORCE ROW LEVEL SECURITY;
CREATE TABLE public.conversations (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    title text NOT NULL,
    audience text[] NOT NULL,
    people uuid[] NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    opened_by uuid NOT NULL,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.conversations FORCE ROW LEVEL SECURITY;
CREATE TABLE public.data_keys (
    thing uuid NOT NULL,
    kind text NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    wrapped bytea,
    made_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    CONSTRAINT data_keys_check CHECK (((wrapped IS NULL) = (destroyed_at IS NOT NULL))),
    CONSTRAINT data_keys_kind_check CHECK ((kind = ANY (ARRAY['version'::text, 'conversation'::text])))
);
ALTER TABLE ONLY public.data_keys FORCE ROW LEVEL SECURITY;
CREATE TABLE public.deadline_steps (
    deadline uuid NOT NULL,
    step text NOT NULL,
    fire_at timestamp with time zone NOT NULL,
    fired_at timestamp with time zone,
    late boolean DEFAULT false NOT NULL,
    escalate_at timestamp with time zone,
    escalated_at timestamp with time zone
);
ALTER TABLE ONLY public.deadline_steps FORCE ROW LEVEL SECURITY;
CREATE TABLE public.deadlines (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    title text NOT NULL,
    note text NOT NULL,
    due_on date,
    due_at timestamp with time zone,
    zone text NOT NULL,
    status text NOT NULL,
    plan text[] NOT NULL,
    assignee uuid,
    escalate_to uuid,
    escalate_after_h integer NOT NULL,
    audience text[] NOT NULL,
    set_at timestamp with time zone NOT NULL,
    set_by uuid NOT NULL,
    done_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT deadlines_check CHECK (((due_on IS NULL) <> (due_at IS NULL)))
);
ALTER TABLE ONLY public.deadlines FORCE ROW LEVEL SECURITY;
CREATE TABLE public.details (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    audience text[] NOT NULL,
    fields jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.details FORCE ROW LEVEL SECURITY;
CREATE TABLE public.dispositions (
    id uuid NOT NULL,
    org uuid NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    thing uuid NOT NULL,
    schedule text NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by uuid,
    reason text DEFAULT ''::text NOT NULL,
    keep_until date,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT dispositions_kind_check CHECK ((kind = ANY (ARRAY['case'::text, 'document'::text]))),
    CONSTRAINT dispositions_state_check CHECK ((state = ANY (ARRAY['due'::text, 'kept'::text, 'approved'::text, 'destroyed'::text])))
);
ALTER TABLE ONLY public.dispositions FORCE ROW LEVEL SECURITY;
CREATE TABLE public.entries (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    text text NOT NULL,
    occurred_on date NOT NULL,
    entered_on date,
    recorded_at timestamp with time zone NOT NULL,
    by uuid NOT NULL,
    audience text[] NOT NULL,
    seq bigint NOT NULL
);
ALTER TABLE ONLY public.entries FORCE ROW LEVEL SECURITY;
CREATE TABLE public.epoch (
    singleton boolean DEFAULT true NOT NULL,
    value text NOT NULL,
    CONSTRAINT epoch_singleton_check CHECK (singleton)
);
ALTER TABLE ONLY public.epoch FORCE ROW LEVEL SECURITY;
CREATE TABLE public.erasures (
    id uuid NOT NULL,
    org uuid NOT NULL,
    person uuid NOT NULL,
    state text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    asked_by uuid NOT NULL,
    decided_at timestamp with time zone,
    decided_by uuid,
    reason text DEFAULT ''::text NOT NULL,
    cases uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    certificate uuid,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT erasures_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'refused'::text, 'done'::text])))
);
ALTER TABLE ONLY public.erasures FORCE ROW LEVEL SECURITY;
ALTER TABLE public.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.exports (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    person uuid NOT NULL,
    seq bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.exports FORCE ROW LEVEL SECURITY;
CREATE TABLE public.former_names (
    person uuid NOT NULL,
    name text NOT NULL,
    email public.citext,
    zone text NOT NULL,
    until timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.former_names FORCE ROW LEVEL SECURITY;
CREATE TABLE public.markers (
    person uuid NOT NULL,
    conversation uuid NOT NULL,
    case_id uuid NOT NULL,
    upto bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.markers FORCE ROW LEVEL SECURITY;
CREATE TABLE public.message_originals (
    message uuid NOT NULL,
    revision integer NOT NULL,
    body text,
    replaced_at timestamp with time zone NOT NULL,
    replaced_by uuid NOT NULL,
    sealed bytea,
    attachments uuid[] DEFAULT '{}'::uuid[] NOT NULL
);
ALTER TABLE ONLY public.message_originals FORCE ROW LEVEL SECURITY;
CREATE TABLE public.messages (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    conversation uuid NOT NULL,
    author uuid NOT NULL,
    body text,
    attachments jsonb NOT NULL,
    posted_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone,
    retracted_at timestamp with time zone,
    seq bigint NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    audience text[] NOT NULL,
    people uuid[] NOT NULL,
    tsv tsvector GENERATED ALWAYS AS (public.search_vector(COALESCE(body, ''::text))) STORED
);
ALTER TABLE ONLY public.messages FORCE ROW LEVEL SECURITY;
CREATE TABLE public.notices (
    id uuid NOT NULL,
    person uuid NOT NULL,
    org uuid NOT NULL,
    case_id uuid,
    kind text NOT NULL,
    thing uuid,
    step text NOT NULL,
    title text NOT NULL,
    due timestamp with time zone,
    late boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    acked_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.notices FORCE ROW LEVEL SECURITY;
CREATE TABLE public.nudges (
    person uuid NOT NULL,
    conversation uuid NOT NULL,
    upto bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.nudges FORCE ROW LEVEL SECURITY;
CREATE TABLE public.object_locks (
    version uuid NOT NULL,
    name text NOT NULL,
    object_version text NOT NULL
);
ALTER TABLE ONLY public.object_locks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.parties (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    role text NOT NULL,
    contacts jsonb NOT NULL,
    note text NOT NULL,
    audience text[] NOT NULL,
    added_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.parties FORCE ROW LEVEL SECURITY;
CREATE TABLE public.public_cases (
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    type text NOT NULL,
    number text NOT NULL,
    status text NOT NULL,
    is_open boolean NOT NULL,
    opened_on date NOT NULL,
    closed_on date,
    category text,
    fields jsonb NOT NULL
);
ALTER TABLE ONLY public.public_cases FORCE ROW LEVEL SECURITY;
CREATE TABLE public.publications (
    org uuid NOT NULL,
    type text NOT NULL,
    since timestamp with time zone NOT NULL,
    by uuid NOT NULL
);
ALTER TABLE ONLY public.publications FORCE ROW LEVEL SECURITY;
CREATE UNLOGGED TABLE public.rates (
    key bytea NOT NULL,
    until timestamp with time zone NOT NULL
)
WITH (fillfactor='50');
ALTER TABLE ONLY public.rates FORCE ROW LEVEL SECURITY;
CREATE TABLE public.removals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    thing uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    CONSTRAINT removals_kind_check CHECK ((kind = ANY (ARRAY['object'::text, 'quarantine'::text, 'mail'::text])))
);
ALTER TABLE ONLY public.removals FORCE ROW LEVEL SECURITY;
CREATE TABLE public.roots (
    id text NOT NULL,
    checked bytea NOT NULL,
    made_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.roots FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schedules (
    org uuid NOT NULL,
    type text NOT NULL,
    kind text NOT NULL,
    years integer,
    reason text NOT NULL,
    set_at timestamp with time zone NOT NULL,
    set_by uuid NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    CONSTRAINT schedules_years_check CHECK (((years >= 0) AND (years <= 200)))
);
ALTER TABLE ONLY public.schedules FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.scim_groups (
    team uuid NOT NULL,
    org uuid NOT NULL,
    external_id text,
    changed_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.scim_groups FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tasks (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    title text NOT NULL,
    note text NOT NULL,
    assignee uuid,
    due_on date,
    audience text[] NOT NULL,
    added_at timestamp with time zone NOT NULL,
    added_by uuid NOT NULL,
    done_at timestamp with time zone,
    done_by uuid,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.tasks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.team_cases (
    id uuid NOT NULL,
    team uuid NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    role text NOT NULL,
    audience text[] NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    granted_by uuid NOT NULL,
    revoked_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.team_cases FORCE ROW LEVEL SECURITY;
CREATE TABLE public.teams (
    id uuid NOT NULL,
    org uuid NOT NULL,
    name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by uuid NOT NULL,
    dissolved_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY public.teams FORCE ROW LEVEL SECURITY;
CREATE TABLE public.throttles (
    key bytea NOT NULL,
    strikes integer NOT NULL,
    at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.throttles FORCE ROW LEVEL SECURITY;
CREATE TABLE public.version_texts (
    version uuid NOT NULL,
    page integer NOT NULL,
    case_id uuid NOT NULL,
    org uuid NOT NULL,
    audience text[] NOT NULL,
    people uuid[] NOT NULL,
    text text NOT NULL,
    tsv tsvector NOT NULL
);
ALTER TABLE ONLY public.version_texts FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_pkey PRIMARY KEY (id);
CREATE FUNCTION public.public_office(p_org uuid) RETURNS TABLE(name text, types text[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT o.name,
     array_agg(p.type ORDER BY p.type) AS array_agg
    FROM (public.organisations o
      JOIN public.publications p ON ((p.org = o.id)))
   WHERE (o.id = public_office.p_org)
   GROUP BY o.id;
END;
ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_pkey PRIMARY KEY (key);
CREATE FUNCTION public.spend_rates(p_keys bytea[], p_counts integer[], p_a_minute integer[]) RETURNS TABLE(key bytea, wait_ms integer)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.rates AS r (key, until)  SELECT s.key,
             (now() + make_interval(secs => (((60.0 * (s.count)::numeric) / (s.a_minute)::numeric))::double precision))
            FROM UNNEST(spend_rates.p_keys, spend_rates.p_counts, spend_rates.p_a_minute) s(key, count, a_minute)
           ORDER BY s.key ON CONFLICT ON CONSTRAINT rates_pkey DO UPDATE SET until = LEAST((GREATEST(r.until, now()) + (excluded.until - now())), (now() + '00:05:00'::interval))
   RETURNING r.key,
     (GREATEST((0)::numeric, ceil((EXTRACT(epoch FROM ((r.until - now()) - '00:01:00'::interval)) * (1000)::numeric))))::integer AS "greatest";
END;
ALTER TABLE ONLY public.audit_checkpoints
    ADD CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (log, size);
ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (tx, id);
ALTER TABLE ONLY public.audit_keys
    ADD CONSTRAINT audit_keys_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.audit_leaves
    ADD CONSTRAINT audit_leaves_pkey PRIMARY KEY (log, n);
ALTER TABLE ONLY public.audit_leaves
    ADD CONSTRAINT audit_leaves_tx_id_key UNIQUE (tx, id);
ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (log);
ALTER TABLE ONLY public.audit_position
    ADD CONSTRAINT audit_position_pkey PRIMARY KEY (singleton);
ALTER TABLE ONLY public.audit_tiles
    ADD CONSTRAINT audit_tiles_pkey PRIMARY KEY (log, level, n);
ALTER TABLE ONLY public.audit_witnessed
    ADD CONSTRAINT audit_witnessed_pkey PRIMARY KEY (witness, log);
ALTER TABLE ONLY public.brought
    ADD CONSTRAINT brought_pkey PRIMARY KEY (org, person, by);
ALTER TABLE ONLY public.case_keys
    ADD CONSTRAINT case_keys_pkey PRIMARY KEY (case_id);
ALTER TABLE ONLY public.case_numbers
    ADD CONSTRAINT case_numbers_pkey PRIMARY KEY (org, prefix, year);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_org_number_key UNIQUE (org, number);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.data_keys
    ADD CONSTRAINT data_keys_pkey PRIMARY KEY (thing);
ALTER TABLE ONLY public.deadline_steps
    ADD CONSTRAINT deadline_steps_pkey PRIMARY KEY (deadline, step);
ALTER TABLE ONLY public.deadlines
    ADD CONSTRAINT deadlines_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.details
    ADD CONSTRAINT details_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (person, hash);
ALTER TABLE ONLY public.dispositions
    ADD CONSTRAINT dispositions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.epoch
    ADD CONSTRAINT epoch_pkey PRIMARY KEY (singleton);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (tx, id);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_credential_key UNIQUE (credential);
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_pkey PRIMARY KEY (person, scope, role);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_issuer_subject_key UNIQUE (issuer, subject);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.journeys
    ADD CONSTRAINT journeys_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.link_holders
    ADD CONSTRAINT link_holders_pkey PRIMARY KEY (person, org);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_message_id_key UNIQUE (message_id);
ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_pkey PRIMARY KEY (person, conversation);
ALTER TABLE ONLY public.message_originals
    ADD CONSTRAINT message_originals_pkey PRIMARY KEY (message, revision);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_person_kind_thing_step_due_key UNIQUE NULLS NOT DISTINCT (person, kind, thing, step, due);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.nudges
    ADD CONSTRAINT nudges_pkey PRIMARY KEY (person, conversation);
ALTER TABLE ONLY public.oauth_apps
    ADD CONSTRAINT oauth_apps_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.oauth_consents
    ADD CONSTRAINT oauth_consents_pkey PRIMARY KEY (app, person);
ALTER TABLE ONLY public.oauth_devices
    ADD CONSTRAINT oauth_devices_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.oauth_devices
    ADD CONSTRAINT oauth_devices_user_hash_key UNIQUE (user_hash);
ALTER TABLE ONLY public.oauth_families
    ADD CONSTRAINT oauth_families_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth_keys
    ADD CONSTRAINT oauth_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth_refreshes
    ADD CONSTRAINT oauth_refreshes_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.oauth_requests
    ADD CONSTRAINT oauth_requests_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.object_locks
    ADD CONSTRAINT object_locks_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_case_id_person_role_key UNIQUE (case_id, person, role);
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.parties
    ADD CONSTRAINT parties_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_email_key UNIQUE (email);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.public_cases
    ADD CONSTRAINT public_cases_pkey PRIMARY KEY (case_id);
ALTER TABLE ONLY public.publications
    ADD CONSTRAINT publications_pkey PRIMARY KEY (org, type);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (person, hash);
ALTER TABLE ONLY public.removals
    ADD CONSTRAINT removals_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.roots
    ADD CONSTRAINT roots_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (org, type, kind);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.scim_groups
    ADD CONSTRAINT scim_groups_pkey PRIMARY KEY (team);
ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_org_user_name_key UNIQUE (org, user_name);
ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_pkey PRIMARY KEY (org, person);
ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.team_cases
    ADD CONSTRAINT team_cases_case_id_team_role_key UNIQUE (case_id, team, role);
ALTER TABLE ONLY public.team_cases
    ADD CONSTRAINT team_cases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.team_members
    ADD CONSTRAINT team_members_pkey PRIMARY KEY (team, person);
ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.throttles
    ADD CONSTRAINT throttles_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (thing);
ALTER TABLE ONLY public.version_texts
    ADD CONSTRAINT version_texts_pkey PRIMARY KEY (version, page);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_by_begun_key_key UNIQUE (by, begun_key);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_document_n_key UNIQUE (document, n);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.walls
    ADD CONSTRAINT walls_pkey PRIMARY KEY (id);
CREATE INDEX audit_leaves_act ON public.audit_leaves USING btree (log, act, at, n);
CREATE INDEX audit_leaves_at ON public.audit_leaves USING btree (log, at, n);
CREATE INDEX audit_leaves_case ON public.audit_leaves USING btree (case_id, at, n) WHERE (case_id IS NOT NULL);
CREATE INDEX audit_leaves_case_changes ON public.audit_leaves USING btree (case_id, at, n) WHERE ((case_id IS NOT NULL) AND ((outcome = 'refused'::text) OR (act <> ALL (ARRAY['document.read'::text, 'document.found'::text, 'conversation.read'::text, 'conversation.heard'::text, 'conversation.found'::text, 'export.read'::text, 'audit.read'::text, 'audit.exported'::text, 'case.exported'::text, 'key.used'::text, 'marker.moved'::text]))));
CREATE INDEX audit_leaves_changes ON public.audit_leaves USING btree (log, at, n) WHERE ((outcome = 'refused'::text) OR (act <> ALL (ARRAY['document.read'::text, 'document.found'::text, 'conversation.read'::text, 'conversation.heard'::text, 'conversation.found'::text, 'export.read'::text, 'audit.read'::text, 'audit.exported'::text, 'case.exported'::text, 'key.used'::text, 'marker.moved'::text])));
CREATE INDEX audit_leaves_entry ON public.audit_leaves USING btree (log, entry);
CREATE INDEX audit_leaves_person ON public.audit_leaves USING btree (person, at, n) WHERE (person IS NOT NULL);
CREATE INDEX audit_leaves_refused ON public.audit_leaves USING btree (log, at, n) WHERE (outcome = 'refused'::text);
CREATE INDEX audit_leaves_thing ON public.audit_leaves USING btree (thing, at, n) WHERE (thing IS NOT NULL);
CREATE INDEX brought_by ON public.brought USING btree (by, org);
CREATE INDEX case_keys_root ON public.case_keys USING btree (root, case_id) WHERE (wrapped IS NOT NULL);
CREATE INDEX cases_number ON public.cases USING gin (number public.gin_trgm_ops);
CREATE INDEX cases_org ON public.cases USING btree (org, id);
CREATE UNIQUE INDEX cases_source ON public.cases USING btree (org, source) WHERE (source IS NOT NULL);
CREATE INDEX cases_title ON public.cases USING gin (title public.gin_trgm_ops);
CREATE INDEX cases_words ON public.cases USING gin (public.search_vector(public.search_case(number, title, intake)));
CREATE INDEX certificates_org ON public.certificates USING btree (org, id);
CREATE INDEX challenges_expires ON public.challenges USING btree (expires_at);
CREATE INDEX challenges_session ON public.challenges USING btree (session) WHERE (session IS NOT NULL);
CREATE INDEX conversations_case ON public.conversations USING btree (case_id, id);
CREATE INDEX data_keys_case ON public.data_keys USING btree (case_id);
CREATE INDEX deadline_steps_due ON public.deadline_steps USING btree (fire_at) WHERE (fired_at IS NULL);
CREATE INDEX deadline_steps_escalate ON public.deadline_steps USING btree (escalate_at) WHERE (escalated_at IS NULL);
CREATE INDEX deadlines_case ON public.deadlines USING btree (case_id, id);
CREATE INDEX details_case ON public.details USING btree (case_id, id);
CREATE INDEX details_words ON public.details USING gin (public.search_vector(public.search_case(''::text, ''::text, fields)));
CREATE INDEX devices_used ON public.devices USING btree (used_at);
CREATE INDEX dispositions_approved ON public.dispositions USING btree (id) WHERE (state = 'approved'::text);
CREATE INDEX dispositions_org ON public.dispositions USING btree (org, id);
CREATE UNIQUE INDEX dispositions_thing ON public.dispositions USING btree (thing) WHERE (state <> 'destroyed'::text);
CREATE INDEX documents_case ON public.documents USING btree (case_id, id);
CREATE INDEX documents_name ON public.documents USING gin (name public.gin_trgm_ops);
CREATE INDEX documents_words ON public.documents USING gin (public.search_vector(name));
CREATE INDEX entries_case ON public.entries USING btree (case_id, occurred_on DESC, seq DESC);
CREATE UNIQUE INDEX erasures_asked ON public.erasures USING btree (org, person) WHERE (state = 'asked'::text);
CREATE INDEX erasures_org ON public.erasures USING btree (org, id);
CREATE UNIQUE INDEX events_key ON public.events USING btree (actor, key) WHERE (key IS NOT NULL);
CREATE UNIQUE INDEX events_stream ON public.events USING btree (stream, seq);
CREATE INDEX exports_expire ON public.exports USING btree (expires_at);
CREATE UNIQUE INDEX factors_one_totp ON public.factors USING btree (person) WHERE ((kind = 'totp'::text) AND (confirmed_at IS NOT NULL));
CREATE INDEX factors_person ON public.factors USING btree (person);
CREATE INDEX factors_unconfirmed ON public.factors USING btree (made_at) WHERE (confirmed_at IS NULL);
CREATE INDEX former_names_person ON public.former_names USING btree (person);
CREATE INDEX grants_scope ON public.grants USING btree (scope, role);
CREATE INDEX grants_seats ON public.grants USING btree (person) WHERE (scope = org);
CREATE INDEX grants_walls ON public.grants USING btree (person, scope) WHERE (role = 'walled'::text);
CREATE INDEX holds_case ON public.holds USING btree (case_id) WHERE (released_at IS NULL);
CREATE INDEX holds_org ON public.holds USING btree (org, id);
CREATE INDEX holds_thing ON public.holds USING btree (thing) WHERE (released_at IS NULL);
CREATE INDEX identities_person ON public.identities USING btree (person);
CREATE INDEX invitations_email ON public.invitations USING btree (email, invited_at);
CREATE INDEX invitations_org ON public.invitations USING btree (org);
CREATE INDEX invitations_person ON public.invitations USING btree (person) WHERE ((answered_at IS NULL) AND (withdrawn_at IS NULL));
CREATE INDEX journeys_expires ON public.journeys USING btree (expires_at);
CREATE INDEX links_expires ON public.links USING btree (expires_at);
CREATE INDEX mails_due ON public.mails USING btree (try_at) WHERE (sent_at IS NULL);
CREATE UNIQUE INDEX messages_conversation ON public.messages USING btree (conversation, seq);
CREATE INDEX messages_posted ON public.messages USING btree (posted_at);
CREATE INDEX messages_retracted ON public.messages USING btree (id) WHERE (retracted_at IS NOT NULL);
CREATE INDEX messages_tsv ON public.messages USING gin (tsv);
CREATE INDEX notices_person ON public.notices USING btree (person, id DESC);
CREATE INDEX oauth_apps_org ON public.oauth_apps USING btree (org, id);
CREATE INDEX oauth_codes_expires ON public.oauth_codes USING btree (expires_at);
CREATE INDEX oauth_consents_person ON public.oauth_consents USING btree (person);
CREATE INDEX oauth_devices_expires ON public.oauth_devices USING btree (expires_at);
CREATE INDEX oauth_families_app ON public.oauth_families USING btree (app) WHERE (ended_at IS NULL);
CREATE INDEX oauth_families_person ON public.oauth_families USING btree (person, app) WHERE (ended_at IS NULL);
CREATE INDEX oauth_families_session ON public.oauth_families USING btree (session) WHERE (ended_at IS NULL);
CREATE INDEX oauth_refreshes_family ON public.oauth_refreshes USING btree (family);
CREATE INDEX oauth_requests_expires ON public.oauth_requests USING btree (expires_at);
CREATE INDEX oauth_requests_person ON public.oauth_requests USING btree (person);
CREATE INDEX participants_person ON public.participants USING btree (person, org) WHERE (revoked_at IS NULL);
CREATE INDEX parties_case ON public.parties USING btree (case_id, id);
CREATE INDEX parties_name ON public.parties USING gin (name public.gin_trgm_ops);
CREATE INDEX parties_words ON public.parties USING gin (public.search_vector(name));
CREATE UNIQUE INDEX providers_one ON public.providers USING btree (org, issuer, client_id) WHERE (removed_at IS NULL);
CREATE INDEX public_cases_shown ON public.public_cases USING btree (org, opened_on DESC, number DESC);
CREATE INDEX removals_thing ON public.removals USING btree (thing);
CREATE INDEX scim_groups_org ON public.scim_groups USING btree (org);
CREATE INDEX scim_users_person ON public.scim_users USING btree (person);
CREATE INDEX services_org ON public.services USING btree (org, id);
CREATE INDEX sessions_family ON public.sessions USING btree (family) WHERE (family IS NOT NULL);
CREATE INDEX sessions_person ON public.sessions USING btree (person) WHERE (ended_at IS NULL);
CREATE INDEX tasks_case ON public.tasks USING btree (case_id, id);
CREATE INDEX team_cases_team ON public.team_cases USING btree (team) WHERE (revoked_at IS NULL);
CREATE INDEX team_members_person ON public.team_members USING btree (person, org);
CREATE UNIQUE INDEX teams_name ON public.teams USING btree (org, lower(name)) WHERE (dissolved_at IS NULL);
CREATE INDEX teams_org ON public.teams USING btree (org, id);
CREATE INDEX throttles_at ON public.throttles USING btree (at);
CREATE INDEX tombstones_open ON public.tombstones USING btree (destroyed_at) WHERE (done_at IS NULL);
CREATE INDEX tombstones_org ON public.tombstones USING btree (org, thing);
CREATE INDEX version_texts_tsv ON public.version_texts USING gin (tsv);
CREATE INDEX versions_case ON public.versions USING btree (case_id, id);
CREATE INDEX versions_open ON public.versions USING btree (by) WHERE (status = 'awaiting'::text);
CREATE INDEX versions_to_examine ON public.versions USING btree (try_at) WHERE (status = 'received'::text);
CREATE INDEX versions_to_index ON public.versions USING btree (try_at) WHERE ((status = 'cleared'::text) AND (text_status = 'none'::text));
CREATE INDEX versions_to_sweep ON public.versions USING btree (sweep_at) WHERE (sweep_at IS NOT NULL);
CREATE INDEX walls_org ON public.walls USING btree (org, id);
CREATE INDEX walls_standing ON public.walls USING btree (org) WHERE (lifted_at IS NULL);
CREATE TRIGGER app_reached AFTER INSERT OR UPDATE OF secret_hash ON public.oauth_apps FOR EACH ROW WHEN ((new.service IS NOT NULL)) EXECUTE FUNCTION public.service_reached();
CREATE TRIGGER arrived AFTER INSERT ON public.identities FOR EACH ROW EXECUTE FUNCTION public.arrived();
CREATE TRIGGER keep_hold BEFORE INSERT OR DELETE OR UPDATE ON public.holds FOR EACH ROW EXECUTE FUNCTION public.keep_hold();
CREATE TRIGGER keep_name BEFORE UPDATE OF name, email, zone, erased_at ON public.people FOR EACH ROW WHEN ((((old.name IS DISTINCT FROM new.name) OR (old.email IS DISTINCT FROM new.email)) OR (old.zone IS DISTINCT FROM new.zone))) EXECUTE FUNCTION public.keep_name();
CREATE TRIGGER keep_told BEFORE UPDATE OF data, type, thing, stream, seq, case_id, actor, at ON public.events FOR EACH ROW WHEN (((old.kind = 'case'::text) AND (((((((((old.data)::text IS DISTINCT FROM (new.data)::text) OR (old.type IS DISTINCT FROM new.type)) OR (old.thing IS DISTINCT FROM new.thing)) OR (old.stream IS DISTINCT FROM new.stream)) OR (old.seq IS DISTINCT FROM new.seq)) OR (old.case_id IS DISTINCT FROM new.case_id)) OR (old.actor IS DISTINCT FROM new.actor)) OR (old.at IS DISTINCT FROM new.at)))) EXECUTE FUNCTION public.keep_told();
CREATE TRIGGER keep_words AFTER UPDATE OF body, attachments ON public.messages FOR EACH ROW WHEN (((old.body IS DISTINCT FROM new.body) OR (old.attachments IS DISTINCT FROM new.attachments))) EXECUTE FUNCTION public.keep_words();
CREATE CONSTRAINT TRIGGER oauth_left AFTER DELETE ON public.grants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.scope = old.org)) EXECUTE FUNCTION public.oauth_left();
CREATE TRIGGER oauth_unproved AFTER DELETE ON public.factors FOR EACH ROW EXECUTE FUNCTION public.oauth_unproved();
CREATE TRIGGER place_given AFTER INSERT OR UPDATE OF role ON public.grants FOR EACH ROW EXECUTE FUNCTION public.place_given();
CREATE TRIGGER place_lowered AFTER UPDATE OF role ON public.grants FOR EACH ROW WHEN (((old.scope = old.org) AND (old.role = ANY (ARRAY['admin'::text, 'desk'::text])) AND (new.role <> ALL (ARRAY['admin'::text, 'desk'::text])))) EXECUTE FUNCTION public.place_taken();
CREATE TRIGGER place_taken AFTER DELETE ON public.grants FOR EACH ROW WHEN (((old.scope = old.org) AND (old.role = ANY (ARRAY['admin'::text, 'desk'::text])))) EXECUTE FUNCTION public.place_taken();
CREATE TRIGGER provider_set AFTER INSERT OR UPDATE OF sealed, domains, brings ON public.providers FOR EACH ROW EXECUTE FUNCTION public.provider_set();
CREATE TRIGGER service_made AFTER INSERT ON public.services FOR EACH ROW EXECUTE FUNCTION public.service_reached();
CREATE TRIGGER spare_buried BEFORE INSERT ON public.tombstones FOR EACH ROW EXECUTE FUNCTION public.spare_buried();
CREATE TRIGGER spare_erased BEFORE UPDATE OF erased_at, email, name ON public.people FOR EACH ROW WHEN ((new.erased_at IS NOT NULL)) EXECUTE FUNCTION public.spare_person();
CREATE TRIGGER spare_key BEFORE DELETE ON public.case_keys FOR EACH ROW EXECUTE FUNCTION public.spare_key();
CREATE TRIGGER spare_key BEFORE DELETE ON public.data_keys FOR EACH ROW EXECUTE FUNCTION public.spare_key();
CREATE TRIGGER spare_object BEFORE UPDATE OF object_key, object_version, sha256 ON public.versions FOR EACH ROW WHEN (((old.object_key IS NOT NULL) AND (((old.object_key IS DISTINCT FROM new.object_key) OR (old.object_version IS DISTINCT FROM new.object_version)) OR (old.sha256 IS DISTINCT FROM new.sha256)))) EXECUTE FUNCTION public.spare_row('document');
CREATE TRIGGER spare_original BEFORE DELETE OR UPDATE ON public.message_originals FOR EACH ROW EXECUTE FUNCTION public.spare_original();
CREATE TRIGGER spare_person BEFORE DELETE ON public.people FOR EACH ROW EXECUTE FUNCTION public.spare_person();
CREATE TRIGGER spare_quarantined BEFORE UPDATE OF quarantine_key, quarantine_sealed ON public.versions FOR EACH ROW WHEN (((old.object_key IS NULL) AND ((new.quarantine_key IS DISTINCT FROM old.quarantine_key) OR ((old.quarantine_sealed IS NOT NULL) AND (new.quarantine_sealed IS DISTINCT FROM old.quarantine_sealed))))) EXECUTE FUNCTION public.spare_row('document');
CREATE TRIGGER spare_row BEFORE DELETE ON public.cases FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.conversations FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.deadlines FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.details FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.documents FOR EACH ROW EXECUTE FUNCTION public.spare_row('id');
CREATE TRIGGER spare_row BEFORE DELETE ON public.entries FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.events FOR EACH ROW WHEN ((old.kind = 'case'::text)) EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.messages FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.participants FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.parties FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.tasks FOR EACH ROW EXECUTE FUNCTION public.spare_row();
CREATE TRIGGER spare_row BEFORE DELETE ON public.versions FOR EACH ROW EXECUTE FUNCTION public.spare_row('document');
CREATE TRIGGER spare_sealed BEFORE UPDATE OF sealed ON public.versions FOR EACH ROW WHEN (((old.sealed IS NOT NULL) AND (new.sealed IS DISTINCT FROM old.sealed))) EXECUTE FUNCTION public.spare_row('document');
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.case_keys FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.cases FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.conversations FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.data_keys FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.deadlines FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.details FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.documents FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.entries FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.holds FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.message_originals FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.messages FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.participants FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.parties FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.people FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.tasks FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.tombstones FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_table BEFORE TRUNCATE ON public.versions FOR EACH STATEMENT EXECUTE FUNCTION public.spare_table();
CREATE TRIGGER spare_wrapped BEFORE UPDATE OF wrapped ON public.case_keys FOR EACH ROW WHEN (((old.wrapped IS NOT NULL) AND (new.wrapped IS NULL))) EXECUTE FUNCTION public.spare_key();
CREATE TRIGGER spare_wrapped BEFORE UPDATE OF wrapped ON public.data_keys FOR EACH ROW WHEN (((old.wrapped IS NOT NULL) AND ((new.wrapped IS NULL) OR (new.wrapped <> old.wrapped)))) EXECUTE FUNCTION public.spare_key();
CREATE TRIGGER team_joined AFTER INSERT OR UPDATE OF left_at ON public.team_members FOR EACH ROW WHEN ((new.left_at IS NULL)) EXECUTE FUNCTION public.team_joined();
CREATE TRIGGER team_left AFTER UPDATE OF left_at ON public.team_members FOR EACH ROW WHEN (((old.left_at IS NULL) AND (new.left_at IS NOT NULL))) EXECUTE FUNCTION public.team_left();
CREATE TRIGGER token_made AFTER INSERT ON public.sessions FOR EACH ROW WHEN ((new.kind = ANY (ARRAY['service'::text, 'app'::text]))) EXECUTE FUNCTION public.service_reached();
CREATE TRIGGER work_taken AFTER UPDATE OF revoked_at ON public.participants FOR EACH ROW WHEN (((old.role = 'staff'::text) AND (old.revoked_at IS NULL) AND (new.revoked_at IS NOT NULL))) EXECUTE FUNCTION public.work_taken();
ALTER TABLE ONLY public.brought
    ADD CONSTRAINT brought_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.case_keys
    ADD CONSTRAINT case_keys_root_fkey FOREIGN KEY (root) REFERENCES public.roots(id);
ALTER TABLE ONLY public.case_numbers
    ADD CONSTRAINT case_numbers_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_session_fkey FOREIGN KEY (session) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.deadline_steps
    ADD CONSTRAINT deadline_steps_deadline_fkey FOREIGN KEY (deadline) REFERENCES public.deadlines(id);
ALTER TABLE ONLY public.deadlines
    ADD CONSTRAINT deadlines_assignee_fkey FOREIGN KEY (assignee) REFERENCES public.people(id);
ALTER TABLE ONLY public.deadlines
    ADD CONSTRAINT deadlines_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.deadlines
    ADD CONSTRAINT deadlines_escalate_to_fkey FOREIGN KEY (escalate_to) REFERENCES public.people(id);
ALTER TABLE ONLY public.deadlines
    ADD CONSTRAINT deadlines_set_by_fkey FOREIGN KEY (set_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.details
    ADD CONSTRAINT details_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.dispositions
    ADD CONSTRAINT dispositions_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.dispositions
    ADD CONSTRAINT dispositions_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_by_fkey FOREIGN KEY (by) REFERENCES public.people(id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.former_names
    ADD CONSTRAINT former_names_person_fkey FOREIGN KEY (person) REFERENCES public.people(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_raised_by_fkey FOREIGN KEY (raised_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_released_by_fkey FOREIGN KEY (released_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_provider_fkey FOREIGN KEY (provider) REFERENCES public.providers(id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.journeys
    ADD CONSTRAINT journeys_provider_fkey FOREIGN KEY (provider) REFERENCES public.providers(id);
ALTER TABLE ONLY public.journeys
    ADD CONSTRAINT journeys_session_fkey FOREIGN KEY (session) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.link_holders
    ADD CONSTRAINT link_holders_given_by_fkey FOREIGN KEY (given_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.link_holders
    ADD CONSTRAINT link_holders_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.link_holders
    ADD CONSTRAINT link_holders_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_reader_fkey FOREIGN KEY (reader) REFERENCES public.people(id);
ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_conversation_fkey FOREIGN KEY (conversation) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.message_originals
    ADD CONSTRAINT message_originals_message_fkey FOREIGN KEY (message) REFERENCES public.messages(id);
ALTER TABLE ONLY public.message_originals
    ADD CONSTRAINT message_originals_replaced_by_fkey FOREIGN KEY (replaced_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_author_fkey FOREIGN KEY (author) REFERENCES public.people(id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_fkey FOREIGN KEY (conversation) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.nudges
    ADD CONSTRAINT nudges_conversation_fkey FOREIGN KEY (conversation) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.nudges
    ADD CONSTRAINT nudges_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_apps
    ADD CONSTRAINT oauth_apps_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_apps
    ADD CONSTRAINT oauth_apps_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.oauth_apps
    ADD CONSTRAINT oauth_apps_service_fkey FOREIGN KEY (service) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_app_fkey FOREIGN KEY (app) REFERENCES public.oauth_apps(id);
ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_session_fkey FOREIGN KEY (session) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.oauth_consents
    ADD CONSTRAINT oauth_consents_app_fkey FOREIGN KEY (app) REFERENCES public.oauth_apps(id);
ALTER TABLE ONLY public.oauth_consents
    ADD CONSTRAINT oauth_consents_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_devices
    ADD CONSTRAINT oauth_devices_app_fkey FOREIGN KEY (app) REFERENCES public.oauth_apps(id);
ALTER TABLE ONLY public.oauth_devices
    ADD CONSTRAINT oauth_devices_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_devices
    ADD CONSTRAINT oauth_devices_session_fkey FOREIGN KEY (session) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.oauth_families
    ADD CONSTRAINT oauth_families_app_fkey FOREIGN KEY (app) REFERENCES public.oauth_apps(id);
ALTER TABLE ONLY public.oauth_families
    ADD CONSTRAINT oauth_families_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_families
    ADD CONSTRAINT oauth_families_session_fkey FOREIGN KEY (session) REFERENCES public.sessions(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.oauth_refreshes
    ADD CONSTRAINT oauth_refreshes_family_fkey FOREIGN KEY (family) REFERENCES public.oauth_families(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.oauth_requests
    ADD CONSTRAINT oauth_requests_app_fkey FOREIGN KEY (app) REFERENCES public.oauth_apps(id);
ALTER TABLE ONLY public.oauth_requests
    ADD CONSTRAINT oauth_requests_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.oauth_requests
    ADD CONSTRAINT oauth_requests_session_fkey FOREIGN KEY (session) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.parties
    ADD CONSTRAINT parties_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.public_cases
    ADD CONSTRAINT public_cases_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.publications
    ADD CONSTRAINT publications_by_fkey FOREIGN KEY (by) REFERENCES public.people(id);
ALTER TABLE ONLY public.publications
    ADD CONSTRAINT publications_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_set_by_fkey FOREIGN KEY (set_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.scim_groups
    ADD CONSTRAINT scim_groups_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.scim_groups
    ADD CONSTRAINT scim_groups_team_fkey FOREIGN KEY (team) REFERENCES public.teams(id);
ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_id_fkey FOREIGN KEY (id) REFERENCES public.people(id);
ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_made_by_fkey FOREIGN KEY (made_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_family_fkey FOREIGN KEY (family) REFERENCES public.oauth_families(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_assignee_fkey FOREIGN KEY (assignee) REFERENCES public.people(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_done_by_fkey FOREIGN KEY (done_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.team_cases
    ADD CONSTRAINT team_cases_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.team_cases
    ADD CONSTRAINT team_cases_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.team_cases
    ADD CONSTRAINT team_cases_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.team_cases
    ADD CONSTRAINT team_cases_team_fkey FOREIGN KEY (team) REFERENCES public.teams(id);
ALTER TABLE ONLY public.team_members
    ADD CONSTRAINT team_members_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.team_members
    ADD CONSTRAINT team_members_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.team_members
    ADD CONSTRAINT team_members_team_fkey FOREIGN KEY (team) REFERENCES public.teams(id);
ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_made_by_fkey FOREIGN KEY (made_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.version_texts
    ADD CONSTRAINT version_texts_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.version_texts
    ADD CONSTRAINT version_texts_version_fkey FOREIGN KEY (version) REFERENCES public.versions(id);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_by_fkey FOREIGN KEY (by) REFERENCES public.people(id);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_document_fkey FOREIGN KEY (document) REFERENCES public.documents(id);
ALTER TABLE ONLY public.walls
    ADD CONSTRAINT walls_lifted_by_fkey FOREIGN KEY (lifted_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.walls
    ADD CONSTRAINT walls_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.walls
    ADD CONSTRAINT walls_raised_by_fkey FOREIGN KEY (raised_by) REFERENCES public.people(id);
CREATE POLICY about ON public.notices AS RESTRICTIVE TO casewire_app USING ((((case_id IS NULL) OR (EXISTS ( SELECT 1
   FROM public.cases c
  WHERE (c.id = notices.case_id)))) AND ((kind <> ALL (ARRAY['deadline'::text, 'escalation'::text])) OR (EXISTS ( SELECT 1
   FROM public.deadlines d
  WHERE (d.id = notices.thing))))));
CREATE POLICY administrator ON public.oauth_apps TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = oauth_apps.org) AND (g.role = 'admin'::text))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = oauth_apps.org) AND (g.role = 'admin'::text)))));
CREATE POLICY administrators ON public.scim_groups TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = scim_groups.org) AND (g.role = 'admin'::text))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = scim_groups.org) AND (g.role = 'admin'::text)))));
CREATE POLICY administrators ON public.scim_users TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = scim_users.org) AND (g.role = 'admin'::text))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = scim_users.org) AND (g.role = 'admin'::text)))));
CREATE POLICY administrators ON public.services FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = services.org) AND (g.role = 'admin'::text)))));
CREATE POLICY admins ON public.certificates FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = certificates.org) AND (g.role = 'admin'::text)))));
CREATE POLICY admins ON public.dispositions FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = dispositions.org) AND (g.role = 'admin'::text)))));
CREATE POLICY admins ON public.erasures FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = erasures.org) AND (g.role = 'admin'::text)))));
CREATE POLICY admins ON public.holds FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = holds.org) AND (g.role = 'admin'::text)))));
CREATE POLICY admins ON public.providers TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = providers.org) AND (g.role = 'admin'::text))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = providers.org) AND (g.role = 'admin'::text)))));
CREATE POLICY admins ON public.schedules FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = schedules.org) AND (g.role = 'admin'::text)))));
CREATE POLICY admins ON public.tombstones FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = tombstones.org) AND (g.role = 'admin'::text)))));
CREATE POLICY anyone ON public.epoch FOR SELECT TO casewire_app, casewire_signin USING (true);
CREATE POLICY anyone ON public.public_cases FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.publications p
  WHERE ((p.org = public_cases.org) AND (p.type = public_cases.type)))));
CREATE POLICY anyone ON public.publications FOR SELECT TO casewire_app USING (true);
CREATE POLICY anyone ON public.roots FOR SELECT TO casewire_app USING (true);
CREATE POLICY append ON public.events FOR INSERT TO casewire_app WITH CHECK (((actor = ( SELECT public.me() AS me)) AND
CASE kind
    WHEN 'case'::text THEN ((case_id = stream) AND (EXISTS ( SELECT 1
       FROM public.cases c
      WHERE ((c.id = events.stream) AND (c.org = events.org)))))
    WHEN 'org'::text THEN ((stream = org) AND (case_id IS NULL) AND (EXISTS ( SELECT 1
       FROM public.grants g
      WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = events.stream) AND ((g.role = 'admin'::text) OR ((events.type !~~ 'wall.%'::text) AND (events.type !~~ 'team.%'::text)))))))
    WHEN 'person'::text THEN
    CASE
        WHEN (case_id IS NULL) THEN ((org IS NULL) AND ((stream = ( SELECT public.me() AS me)) OR (type = 'grant.changed'::text)))
        ELSE ((stream = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
           FROM public.cases c
          WHERE ((c.id = events.case_id) AND (c.org = events.org)))))
    END
    ELSE false
END));
CREATE POLICY append_ended ON public.events FOR INSERT TO casewire_app WITH CHECK (((actor = ( SELECT public.me() AS me)) AND (kind = 'person'::text) AND (org IS NULL) AND (case_id IS NULL) AND (type = 'session.ended'::text) AND public.session_over(thing, stream)));
CREATE POLICY append_of_services ON public.events FOR INSERT TO casewire_app WITH CHECK (((actor = ( SELECT public.me() AS me)) AND (kind = 'person'::text) AND (org IS NULL) AND (case_id IS NULL) AND (type = 'session.ended'::text) AND (EXISTS ( SELECT 1
   FROM public.services v
  WHERE (v.id = events.stream)))));
CREATE POLICY asked ON public.erasures FOR INSERT TO casewire_app WITH CHECK (((asked_by = ( SELECT public.me() AS me)) AND (((state = 'asked'::text) AND (person = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = erasures.org))))) OR ((state = 'done'::text) AND (decided_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = erasures.org) AND (g.role = 'admin'::text))))))));
ALTER TABLE public.audit_checkpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_leaves ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_position ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_tiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_witnessed ENABLE ROW LEVEL SECURITY;
CREATE POLICY author ON public.messages AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK ((author = ( SELECT public.me() AS me)));
CREATE POLICY begun ON public.versions AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK (((by = ( SELECT public.me() AS me)) AND (status = 'awaiting'::text)));
ALTER TABLE public.brought ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.case_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.case_numbers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.certificates ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.challenges ENABLE ROW LEVEL SECURITY;
CREATE POLICY changed ON public.team_members FOR UPDATE TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = team_members.org) AND (g.role = 'admin'::text))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM (public.teams t
     JOIN public.grants g ON (((g.scope = t.org) AND (g.person = ( SELECT public.me() AS me)) AND (g.role = 'admin'::text))))
  WHERE ((t.id = team_members.team) AND (t.org = team_members.org)))));
CREATE POLICY changed ON public.teams FOR UPDATE TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = teams.org) AND (g.role = 'admin'::text)))));
CREATE POLICY changed ON public.walls FOR UPDATE TO casewire_app USING (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = walls.org) AND (g.role = 'admin'::text)))) AND (NOT (cases && ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = walls.org) AND (g.role = 'admin'::text)))));
CREATE POLICY connected ON public.oauth_apps FOR SELECT TO casewire_app USING (((EXISTS ( SELECT 1
   FROM public.oauth_consents c
  WHERE ((c.app = oauth_apps.id) AND (c.person = ( SELECT public.me() AS me))))) OR (EXISTS ( SELECT 1
   FROM public.oauth_requests r
  WHERE ((r.app = oauth_apps.id) AND (r.person = ( SELECT public.me() AS me)))))));
ALTER TABLE public.conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.deadline_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.deadlines ENABLE ROW LEVEL SECURITY;
CREATE POLICY decided ON public.dispositions FOR UPDATE TO casewire_app USING (((state = ANY (ARRAY['due'::text, 'kept'::text])) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = dispositions.org) AND (g.role = 'admin'::text)))))) WITH CHECK (((decided_by = ( SELECT public.me() AS me)) AND (state = ANY (ARRAY['kept'::text, 'approved'::text]))));
CREATE POLICY decided ON public.erasures FOR UPDATE TO casewire_app USING (((state = 'asked'::text) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = erasures.org) AND (g.role = 'admin'::text)))))) WITH CHECK (((decided_by = ( SELECT public.me() AS me)) AND (state = ANY (ARRAY['refused'::text, 'done'::text]))));
ALTER TABLE public.details ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.dispositions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.epoch ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.former_names ENABLE ROW LEVEL SECURITY;
CREATE POLICY given ON public.participants AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK (((granted_by = ( SELECT public.me() AS me)) AND ((EXISTS ( SELECT 1
   FROM (public.cases c
     JOIN public.grants g ON (((g.person = ( SELECT public.me() AS me)) AND (((g.scope = c.id) AND (g.role = 'staff'::text)) OR ((g.scope = c.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text])) AND (g.role = ANY (c.audience)))))))
  WHERE ((c.id = participants.case_id) AND (c.org = participants.org)))) OR (EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = participants.case_id) AND (c.opened_by = ( SELECT public.me() AS me)) AND (c.opened_at = participants.granted_at)))))));
CREATE POLICY given ON public.team_cases AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK (((granted_by = ( SELECT public.me() AS me)) AND ((EXISTS ( SELECT 1
   FROM (public.cases c
     JOIN public.grants g ON (((g.person = ( SELECT public.me() AS me)) AND (((g.scope = c.id) AND (g.role = 'staff'::text)) OR ((g.scope = c.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text])) AND (g.role = ANY (c.audience)))))))
  WHERE ((c.id = team_cases.case_id) AND (c.org = team_cases.org)))) OR (EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = team_cases.case_id) AND (c.opened_by = ( SELECT public.me() AS me)) AND (c.opened_at = team_cases.granted_at)))))));
ALTER TABLE public.grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invitations ENABLE ROW LEVEL SECURITY;
CREATE POLICY issued ON public.certificates FOR INSERT TO casewire_app WITH CHECK (((kind = 'person'::text) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = certificates.org) AND (g.role = 'admin'::text))))));
ALTER TABLE public.journeys ENABLE ROW LEVEL SECURITY;
CREATE POLICY keepers ON public.walls FOR SELECT TO casewire_app USING (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = walls.org) AND (g.role = 'admin'::text)))) AND ((lifted_at IS NULL) OR (NOT public.stood_behind(org, people, raised_at))) AND (NOT (cases && ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text)))))));
CREATE POLICY kept_out ON public.audit_entries AS RESTRICTIVE FOR SELECT TO casewire_app USING (((case_id IS NULL) OR (case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text)))))));
CREATE POLICY kept_out ON public.audit_leaves AS RESTRICTIVE TO casewire_app USING (((case_id IS NULL) OR (case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text)))))));
CREATE POLICY kept_out ON public.case_keys AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.cases AS RESTRICTIVE TO casewire_app USING ((id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.conversations AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.data_keys AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.deadlines AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.details AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.dispositions AS RESTRICTIVE TO casewire_app USING (((case_id IS NULL) OR (case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text)))))));
CREATE POLICY kept_out ON public.documents AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.entries AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.events AS RESTRICTIVE TO casewire_app USING (((case_id IS NULL) OR (case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text)))))));
CREATE POLICY kept_out ON public.exports AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.holds AS RESTRICTIVE TO casewire_app USING (((case_id IS NULL) OR (case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text)))))));
CREATE POLICY kept_out ON public.markers AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.messages AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.notices AS RESTRICTIVE TO casewire_app USING (((case_id IS NULL) OR (case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text)))))));
CREATE POLICY kept_out ON public.participants AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.parties AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.tasks AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.team_cases AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.version_texts AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
CREATE POLICY kept_out ON public.versions AS RESTRICTIVE TO casewire_app USING ((case_id <> ALL (ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
ALTER TABLE public.link_holders ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.links ENABLE ROW LEVEL SECURITY;
CREATE POLICY made ON public.team_members FOR INSERT TO casewire_app WITH CHECK ((EXISTS ( SELECT 1
   FROM (public.teams t
     JOIN public.grants g ON (((g.scope = t.org) AND (g.person = ( SELECT public.me() AS me)) AND (g.role = 'admin'::text))))
  WHERE ((t.id = team_members.team) AND (t.org = team_members.org)))));
CREATE POLICY made ON public.teams FOR INSERT TO casewire_app WITH CHECK (((made_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = teams.org) AND (g.role = 'admin'::text))))));
ALTER TABLE public.mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.markers ENABLE ROW LEVEL SECURITY;
CREATE POLICY member ON public.audit_checkpoints FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = audit_checkpoints.log)))));
CREATE POLICY member ON public.audit_logs FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = audit_logs.log)))));
CREATE POLICY member ON public.audit_tiles FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = audit_tiles.log)))));
CREATE POLICY member ON public.organisations FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = organisations.id)))));
CREATE POLICY mended ON public.messages AS RESTRICTIVE FOR UPDATE TO casewire_app USING ((author = ( SELECT public.me() AS me))) WITH CHECK ((author = ( SELECT public.me() AS me)));
ALTER TABLE public.message_originals ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.grants FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.identities FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.markers TO casewire_app USING ((person = ( SELECT public.me() AS me))) WITH CHECK ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.notices TO casewire_app USING ((person = ( SELECT public.me() AS me))) WITH CHECK ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.oauth_codes FOR INSERT TO casewire_app WITH CHECK (((person = ( SELECT public.me() AS me)) AND public.oauth_open_to_me(app)));
CREATE POLICY mine ON public.oauth_consents TO casewire_app USING ((person = ( SELECT public.me() AS me))) WITH CHECK (((person = ( SELECT public.me() AS me)) AND public.oauth_open_to_me(app)));
CREATE POLICY mine ON public.oauth_families FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.oauth_requests TO casewire_app USING ((person = ( SELECT public.me() AS me))) WITH CHECK (((person = ( SELECT public.me() AS me)) AND public.oauth_open_to_me(app)));
CREATE POLICY mine ON public.sessions FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY not_of_a_wall ON public.audit_entries AS RESTRICTIVE FOR SELECT TO casewire_app USING (((( SELECT public.hidden_walls() AS hidden_walls) = '{}'::uuid[]) OR ((((convert_from(entry, 'UTF8'::name))::json ->> 'thing'::text) = ANY ((( SELECT public.hidden_walls() AS hidden_walls))::text[])) IS NOT TRUE)));
CREATE POLICY not_of_a_wall ON public.audit_leaves AS RESTRICTIVE FOR SELECT TO casewire_app USING (((thing IS NULL) OR (thing <> ALL (( SELECT public.hidden_walls() AS hidden_walls)::uuid[]))));
CREATE POLICY not_of_a_wall ON public.certificates AS RESTRICTIVE FOR SELECT TO casewire_app USING (((kind <> ALL (ARRAY['case'::text, 'document'::text])) OR (EXISTS ( SELECT 1
   FROM public.tombstones t
  WHERE (t.thing = certificates.thing)))));
CREATE POLICY not_of_a_wall ON public.tombstones AS RESTRICTIVE TO casewire_app USING ((NOT (ARRAY[thing, within] && ARRAY( SELECT w.scope
   FROM public.grants w
  WHERE ((w.person = ( SELECT public.me() AS me)) AND (w.role = 'walled'::text))))));
ALTER TABLE public.notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.nudges ENABLE ROW LEVEL SECURITY;
CREATE POLICY numbers ON public.case_numbers TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = case_numbers.org))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = case_numbers.org)))));
ALTER TABLE public.oauth_apps ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oauth_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oauth_consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oauth_devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oauth_families ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oauth_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oauth_refreshes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.oauth_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.object_locks ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_case ON public.cases FOR INSERT TO casewire_app WITH CHECK (((opened_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = cases.org))))));
CREATE POLICY open_case ON public.conversations FOR INSERT TO casewire_app WITH CHECK (((opened_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = conversations.case_id) AND (c.opened_by = ( SELECT public.me() AS me)) AND (c.opened_at = conversations.opened_at))))));
CREATE POLICY open_case ON public.details FOR INSERT TO casewire_app WITH CHECK ((EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = details.case_id) AND (c.opened_by = ( SELECT public.me() AS me)) AND (c.opened_at = details.made_at)))));
ALTER TABLE public.organisations ENABLE ROW LEVEL SECURITY;
CREATE POLICY originals ON public.message_originals FOR INSERT TO casewire_app WITH CHECK (((replaced_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.messages m
  WHERE (m.id = message_originals.message)))));
CREATE POLICY outbox ON public.mails FOR INSERT TO casewire_app WITH CHECK (true);
CREATE POLICY own ON public.audit_entries FOR INSERT TO casewire_app WITH CHECK ((person = ( SELECT public.me() AS me)));
CREATE POLICY own ON public.audit_leaves FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY own ON public.erasures FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY own ON public.exports FOR SELECT TO casewire_app USING (((person = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.cases c
  WHERE (c.id = exports.case_id)))));
CREATE POLICY own_name ON public.conversations AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK ((opened_by = ( SELECT public.me() AS me)));
CREATE POLICY own_name ON public.deadlines AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK ((set_by = ( SELECT public.me() AS me)));
CREATE POLICY own_name ON public.documents AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK ((added_by = ( SELECT public.me() AS me)));
CREATE POLICY own_name ON public.entries AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK ((by = ( SELECT public.me() AS me)));
CREATE POLICY own_name ON public.tasks AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK ((added_by = ( SELECT public.me() AS me)));
CREATE POLICY own_new ON public.exports FOR INSERT TO casewire_app WITH CHECK (((person = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = exports.case_id) AND (c.org = exports.org))))));
CREATE POLICY owner_all ON public.audit_checkpoints TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.audit_entries TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.audit_keys TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.audit_leaves TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.audit_logs TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.audit_position TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.audit_tiles TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.audit_witnessed TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.brought TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.case_keys TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.case_numbers TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.cases TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.certificates TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.challenges TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.conversations TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.data_keys TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.deadline_steps TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.deadlines TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.details TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.devices TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.dispositions TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.documents TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.entries TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.epoch TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.erasures TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.events TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.exports TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.factors TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.former_names TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.grants TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.holds TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.identities TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.invitations TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.journeys TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.link_holders TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.links TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.mails TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.markers TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.message_originals TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.messages TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.notices TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.nudges TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_apps TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_codes TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_consents TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_devices TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_families TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_keys TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_refreshes TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.oauth_requests TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.object_locks TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.organisations TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.participants TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.parties TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.people TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.providers TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.public_cases TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.publications TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.rates TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.recovery_codes TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.removals TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.roots TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.schedules TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.scim_groups TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.scim_users TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.services TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.sessions TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.tasks TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.team_cases TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.team_members TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.teams TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.throttles TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.tombstones TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.version_texts TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.versions TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.walls TO casewire_owner USING (true) WITH CHECK (true);
ALTER TABLE public.participants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.parties ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY place ON public.invitations AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK (((role = 'outside'::text) OR (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = invitations.org) AND (g.role = 'admin'::text))))));
ALTER TABLE public.providers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.public_cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.publications ENABLE ROW LEVEL SECURITY;
CREATE POLICY raised ON public.holds FOR INSERT TO casewire_app WITH CHECK (((raised_by = ( SELECT public.me() AS me)) AND (released_at IS NULL) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = holds.org) AND (((g.scope = holds.org) AND (g.role = 'admin'::text)) OR ((g.scope = holds.case_id) AND (g.role = 'staff'::text)))))) AND
CASE kind
    WHEN 'case'::text THEN ((case_id = thing) AND (EXISTS ( SELECT 1
       FROM public.cases c
      WHERE ((c.id = holds.thing) AND (c.org = holds.org)))))
    WHEN 'document'::text THEN (EXISTS ( SELECT 1
       FROM public.documents d
      WHERE ((d.id = holds.thing) AND (d.case_id = holds.case_id) AND (d.org = holds.org))))
    ELSE (EXISTS ( SELECT 1
       FROM public.grants g
      WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = holds.org) AND (g.role = 'admin'::text))))
END));
CREATE POLICY raised ON public.walls FOR INSERT TO casewire_app WITH CHECK (((raised_by = ( SELECT public.me() AS me)) AND (lifted_at IS NULL) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = walls.org) AND (g.role = 'admin'::text))))));
ALTER TABLE public.rates ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_own ON public.audit_entries FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY received ON public.versions AS RESTRICTIVE FOR UPDATE TO casewire_app USING ((by = ( SELECT public.me() AS me))) WITH CHECK (((by = ( SELECT public.me() AS me)) AND (status = ANY (ARRAY['awaiting'::text, 'received'::text]))));
ALTER TABLE public.recovery_codes ENABLE ROW LEVEL SECURITY;
CREATE POLICY released ON public.holds FOR UPDATE TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = holds.org) AND (g.role = 'admin'::text))))) WITH CHECK ((released_by = ( SELECT public.me() AS me)));
ALTER TABLE public.removals ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.roots ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.scim_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.scim_users ENABLE ROW LEVEL SECURITY;
CREATE POLICY self ON public.people FOR SELECT TO casewire_app USING ((id = ( SELECT public.me() AS me)));
ALTER TABLE public.services ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY set_again ON public.schedules FOR UPDATE TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = schedules.org) AND (g.role = 'admin'::text))))) WITH CHECK ((set_by = ( SELECT public.me() AS me)));
CREATE POLICY set_by ON public.schedules FOR INSERT TO casewire_app WITH CHECK (((set_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = schedules.org) AND (g.role = 'admin'::text))))));
CREATE POLICY staff ON public.invitations TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = invitations.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text, 'staff'::text])))))) WITH CHECK (((invited_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = invitations.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text, 'staff'::text])))))));
CREATE POLICY staff ON public.link_holders FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = link_holders.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text]))))));
CREATE POLICY staff ON public.team_members FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = team_members.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text]))))));
CREATE POLICY staff ON public.teams FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = teams.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text]))))));
CREATE POLICY staffed ON public.holds FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = holds.case_id) AND (g.role = 'staff'::text)))));
CREATE POLICY steps ON public.deadline_steps TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.deadlines d
  WHERE (d.id = deadline_steps.deadline)))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.deadlines d
  WHERE (d.id = deadline_steps.deadline))));
CREATE POLICY system_all ON public.audit_checkpoints TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.audit_entries TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.audit_keys TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.audit_leaves TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.audit_logs TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.audit_position TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.audit_tiles TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.audit_witnessed TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.brought TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.case_keys TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.case_numbers TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.cases TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.certificates TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.challenges TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.conversations TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.data_keys TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.deadline_steps TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.deadlines TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.details TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.devices TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.dispositions TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.documents TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.entries TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.epoch TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.erasures TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.events TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.exports TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.factors TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.former_names TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.grants TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.holds TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.identities TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.invitations TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.journeys TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.link_holders TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.links TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.mails TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.markers TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.message_originals TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.messages TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.notices TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.nudges TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_apps TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_codes TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_consents TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_devices TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_families TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_keys TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_refreshes TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.oauth_requests TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.object_locks TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.organisations TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.participants TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.parties TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.people TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.providers TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.public_cases TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.publications TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.rates TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.recovery_codes TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.removals TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.roots TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.schedules TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.scim_groups TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.scim_users TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.services TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.sessions TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.tasks TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.team_cases TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.team_members TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.teams TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.throttles TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.tombstones TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.version_texts TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.versions TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.walls TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY taken ON public.participants AS RESTRICTIVE FOR UPDATE TO casewire_app USING ((EXISTS ( SELECT 1
   FROM (public.cases c
     JOIN public.grants g ON (((g.person = ( SELECT public.me() AS me)) AND (((g.scope = c.id) AND (g.role = 'staff'::text)) OR ((g.scope = c.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text])) AND (g.role = ANY (c.audience)))))))
  WHERE ((c.id = participants.case_id) AND (c.org = participants.org)))));
CREATE POLICY taken ON public.team_cases AS RESTRICTIVE FOR UPDATE TO casewire_app USING ((EXISTS ( SELECT 1
   FROM (public.cases c
     JOIN public.grants g ON (((g.person = ( SELECT public.me() AS me)) AND (((g.scope = c.id) AND (g.role = 'staff'::text)) OR ((g.scope = c.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text])) AND (g.role = ANY (c.audience)))))))
  WHERE ((c.id = team_cases.case_id) AND (c.org = team_cases.org)))));
ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.team_cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.team_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.teams ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON public.audit_entries FOR SELECT TO casewire_app USING (((log IN ( SELECT g.scope
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.role = 'admin'::text)))) OR (case_id IN ( SELECT g.scope
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.role = 'staff'::text))))));
CREATE POLICY theirs ON public.audit_leaves FOR SELECT TO casewire_app USING (((log IN ( SELECT g.scope
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.role = 'admin'::text)))) OR (case_id IN ( SELECT g.scope
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.role = 'staff'::text))))));
CREATE POLICY theirs_at_desk ON public.audit_entries FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = audit_entries.case_id) AND ('desk'::text = ANY (c.audience)) AND (c.org IN ( SELECT g.scope
           FROM public.grants g
          WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.role = 'desk'::text))))))));
CREATE POLICY theirs_at_desk ON public.audit_leaves FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = audit_leaves.case_id) AND ('desk'::text = ANY (c.audience)) AND (c.org IN ( SELECT g.scope
           FROM public.grants g
          WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.role = 'desk'::text))))))));
ALTER TABLE public.throttles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tombstones ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.version_texts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY wall ON public.case_keys FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.cases c
  WHERE (c.id = case_keys.case_id))));
CREATE POLICY wall ON public.cases TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[cases.id, cases.org])) AND (g.role = ANY (cases.audience))))));
CREATE POLICY wall ON public.conversations TO casewire_app USING (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[conversations.case_id, conversations.org])) AND (g.role = ANY (conversations.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = conversations.case_id) OR ((g.scope = conversations.org) AND (g.role = 'admin'::text))))))))) WITH CHECK (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[conversations.case_id, conversations.org])) AND (g.role = ANY (conversations.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = conversations.case_id) OR ((g.scope = conversations.org) AND (g.role = 'admin'::text)))))))));
CREATE POLICY wall ON public.data_keys FOR SELECT TO casewire_app USING (
CASE kind
    WHEN 'version'::text THEN (EXISTS ( SELECT 1
       FROM public.versions v
      WHERE (v.id = data_keys.thing)))
    ELSE (EXISTS ( SELECT 1
       FROM public.conversations c
      WHERE (c.id = data_keys.thing)))
END);
CREATE POLICY wall ON public.deadlines TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[deadlines.case_id, deadlines.org])) AND (g.role = ANY (deadlines.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[deadlines.case_id, deadlines.org])) AND (g.role = ANY (deadlines.audience))))));
CREATE POLICY wall ON public.details TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[details.case_id, details.org])) AND (g.role = ANY (details.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[details.case_id, details.org])) AND (g.role = ANY (details.audience))))));
CREATE POLICY wall ON public.documents TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[documents.case_id, documents.org])) AND (g.role = ANY (documents.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[documents.case_id, documents.org])) AND (g.role = ANY (documents.audience))))));
CREATE POLICY wall ON public.entries TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[entries.case_id, entries.org])) AND (g.role = ANY (entries.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[entries.case_id, entries.org])) AND (g.role = ANY (entries.audience))))));
CREATE POLICY wall ON public.events FOR SELECT TO casewire_app USING ((((stream = ( SELECT public.me() AS me)) AND (case_id IS NULL)) OR (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[events.case_id, events.org])) AND (g.role = ANY (events.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = events.case_id) OR ((g.scope = events.org) AND (g.role = 'admin'::text)))))))) AND ((kind <> 'person'::text) OR (stream = ( SELECT public.me() AS me))) AND ((type !~~ 'wall.%'::text) OR (EXISTS ( SELECT 1
   FROM public.walls w
  WHERE (w.id = events.thing)))))));
CREATE POLICY wall ON public.messages TO casewire_app USING (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[messages.case_id, messages.org])) AND (g.role = ANY (messages.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = messages.case_id) OR ((g.scope = messages.org) AND (g.role = 'admin'::text))))))))) WITH CHECK (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[messages.case_id, messages.org])) AND (g.role = ANY (messages.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = messages.case_id) OR ((g.scope = messages.org) AND (g.role = 'admin'::text)))))))));
CREATE POLICY wall ON public.participants TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[participants.case_id, participants.org])) AND (g.role = ANY (participants.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[participants.case_id, participants.org])) AND (g.role = ANY (participants.audience))))));
CREATE POLICY wall ON public.parties TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[parties.case_id, parties.org])) AND (g.role = ANY (parties.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[parties.case_id, parties.org])) AND (g.role = ANY (parties.audience))))));
CREATE POLICY wall ON public.public_cases TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = public_cases.case_id) AND (c.org = public_cases.org))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = public_cases.case_id) AND (c.org = public_cases.org)))));
CREATE POLICY wall ON public.tasks TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[tasks.case_id, tasks.org])) AND (g.role = ANY (tasks.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[tasks.case_id, tasks.org])) AND (g.role = ANY (tasks.audience))))));
CREATE POLICY wall ON public.team_cases TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[team_cases.case_id, team_cases.org])) AND (g.role = ANY (team_cases.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[team_cases.case_id, team_cases.org])) AND (g.role = ANY (team_cases.audience))))));
CREATE POLICY wall ON public.version_texts TO casewire_app USING (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[version_texts.case_id, version_texts.org])) AND (g.role = ANY (version_texts.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = version_texts.case_id) OR ((g.scope = version_texts.org) AND (g.role = 'admin'::text))))))))) WITH CHECK (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[version_texts.case_id, version_texts.org])) AND (g.role = ANY (version_texts.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = version_texts.case_id) OR ((g.scope = version_texts.org) AND (g.role = 'admin'::text)))))))));
CREATE POLICY wall ON public.versions TO casewire_app USING (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[versions.case_id, versions.org])) AND (g.role = ANY (versions.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = versions.case_id) OR ((g.scope = versions.org) AND (g.role = 'admin'::text))))))))) WITH CHECK (((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[versions.case_id, versions.org])) AND (g.role = ANY (versions.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = versions.case_id) OR ((g.scope = versions.org) AND (g.role = 'admin'::text)))))))));
ALTER TABLE public.walls ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA public TO casewire_app;
GRANT USAGE ON SCHEMA public TO casewire_system;
GRANT USAGE ON SCHEMA public TO casewire_signin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.cases TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.cases TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.organisations TO casewire_system;
GRANT SELECT ON TABLE public.organisations TO casewire_app;
REVOKE ALL ON FUNCTION public.access_counters(p_org uuid, p_case uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.access_counters(p_org uuid, p_case uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.access_counters(p_org uuid, p_case uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.me() FROM PUBLIC;
GRANT ALL ON FUNCTION public.me() TO casewire_app;
GRANT ALL ON FUNCTION public.me() TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.grants TO casewire_system;
GRANT SELECT ON TABLE public.grants TO casewire_app;
REVOKE ALL ON FUNCTION public.administers(p_org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.administers(p_org uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.answer_invitation(p_id uuid, p_accept boolean, p_secret bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.answer_invitation(p_id uuid, p_accept boolean, p_secret bytea, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.arrived() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.audit_names(p_org uuid, p_case uuid, p_people uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.audit_names(p_org uuid, p_case uuid, p_people uuid[]) TO casewire_app;
GRANT SELECT ON TABLE public.brought TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.people TO casewire_system;
GRANT SELECT(id) ON TABLE public.people TO casewire_app;
GRANT SELECT(email) ON TABLE public.people TO casewire_app;
GRANT SELECT(name) ON TABLE public.people TO casewire_app;
GRANT SELECT(zone) ON TABLE public.people TO casewire_app;
GRANT SELECT(made_at) ON TABLE public.people TO casewire_app;
GRANT SELECT(kind) ON TABLE public.people TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.team_members TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.team_members TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.walls TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.walls TO casewire_app;
REVOKE ALL ON FUNCTION public.behind_walls(p_org uuid, p_now timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) TO casewire_app;
GRANT ALL ON FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) TO casewire_system;
REVOKE ALL ON FUNCTION public.brought_along(p_org uuid, p_people uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.brought_along(p_org uuid, p_people uuid[]) TO casewire_app;
GRANT ALL ON FUNCTION public.brought_along(p_org uuid, p_people uuid[]) TO casewire_system;
REVOKE ALL ON FUNCTION public.brought_service(p_org uuid, p_service uuid, p_by uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.bury(p_disposition uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.bury(p_disposition uuid, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.bury_thing(p_kind text, p_thing uuid, p_case uuid, p_why text, p_by uuid, p_now timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.card_of(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.card_of(p_org uuid, p_person uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.card_of(p_org uuid, p_person uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.cards(p_org uuid, p_case uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cards(p_org uuid, p_case uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.cards(p_org uuid, p_case uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.case_holders(p_case uuid, p_person uuid, p_after uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.case_holders(p_case uuid, p_person uuid, p_after uuid, p_limit integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.change_password(p_before text, p_after text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_password(p_before text, p_after text) TO casewire_app;
REVOKE ALL ON FUNCTION public.change_service(p_org uuid, p_id uuid, p_name text, p_disabled_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_service(p_org uuid, p_id uuid, p_name text, p_disabled_at timestamp with time zone) TO casewire_app;
GRANT SELECT ON TABLE public.link_holders TO casewire_app;
REVOKE ALL ON FUNCTION public.comes_by_link(p_person uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.correct_me(p_name text, p_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.correct_me(p_name text, p_zone text) TO casewire_app;
GRANT DELETE ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(id) ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(id) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(app) ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(app) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(person) ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(person) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(session) ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(offline) ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(offline) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(scopes) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(address) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(made_at) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(used_at) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(expires_at) ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(expires_at) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT(ended_at),UPDATE(ended_at) ON TABLE public.oauth_families TO casewire_system;
GRANT SELECT(ended_at) ON TABLE public.oauth_families TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO casewire_system;
GRANT SELECT(id) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(person) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(kind) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(label) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(made_at) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(expires_at) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(ended_at) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(address) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(used_at) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(proved_at) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(mfa) ON TABLE public.sessions TO casewire_app;
GRANT SELECT(scopes) ON TABLE public.sessions TO casewire_app;
REVOKE ALL ON FUNCTION public.end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamp with time zone, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamp with time zone, p_limit integer) TO casewire_app;
GRANT SELECT ON TABLE public.services TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.services TO casewire_system;
REVOKE ALL ON FUNCTION public.end_service_sessions(p_org uuid, p_service uuid, p_session uuid, p_now timestamp with time zone, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_service_sessions(p_org uuid, p_service uuid, p_session uuid, p_now timestamp with time zone, p_limit integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.end_session(p_id uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_session(p_id uuid, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.end_sessions_of(p_org uuid, p_person uuid, p_now timestamp with time zone, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_sessions_of(p_org uuid, p_person uuid, p_now timestamp with time zone, p_limit integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.enter(p_session uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.enter(p_session uuid, p_person uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.enter(p_session uuid, p_person uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.enter(p_session uuid, p_person uuid, p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.enter(p_session uuid, p_person uuid, p_hash bytea) TO casewire_app;
GRANT ALL ON FUNCTION public.enter(p_session uuid, p_person uuid, p_hash bytea) TO casewire_system;
REVOKE ALL ON FUNCTION public.erase_person(p_org uuid, p_person uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_person(p_org uuid, p_person uuid, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.erase_words(p_org uuid, p_person uuid, p_cases uuid[], p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_words(p_org uuid, p_person uuid, p_cases uuid[], p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.erasure_of(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erasure_of(p_org uuid, p_person uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.find_person(p_scope uuid, p_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_person(p_scope uuid, p_email text) TO casewire_app;
GRANT ALL ON FUNCTION public.find_person(p_scope uuid, p_email text) TO casewire_system;
REVOKE ALL ON FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) TO casewire_app;
GRANT ALL ON FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) TO casewire_system;
REVOKE ALL ON FUNCTION public.give_link(p_org uuid, p_person uuid, p_hash bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_link(p_org uuid, p_person uuid, p_hash bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.governed(p_org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.governed(p_org uuid) TO casewire_app;
GRANT DELETE ON TABLE public.factors TO casewire_system;
GRANT SELECT(id) ON TABLE public.factors TO casewire_system;
GRANT SELECT(kind) ON TABLE public.factors TO casewire_system;
GRANT SELECT(made_at) ON TABLE public.factors TO casewire_system;
GRANT SELECT(confirmed_at) ON TABLE public.factors TO casewire_system;
GRANT SELECT(id) ON TABLE public.identities TO casewire_app;
GRANT SELECT(person) ON TABLE public.identities TO casewire_app;
GRANT SELECT(provider) ON TABLE public.identities TO casewire_app;
GRANT SELECT(issuer) ON TABLE public.identities TO casewire_app;
GRANT SELECT(email) ON TABLE public.identities TO casewire_app;
GRANT SELECT(made_at) ON TABLE public.identities TO casewire_app;
GRANT SELECT(used_at) ON TABLE public.identities TO casewire_app;
REVOKE ALL ON FUNCTION public.has_joined(p_person uuid) FROM PUBLIC;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.documents TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.documents TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO casewire_system;
GRANT SELECT,INSERT ON TABLE public.events TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.holds TO casewire_system;
GRANT SELECT,INSERT ON TABLE public.holds TO casewire_app;
GRANT UPDATE(released_at) ON TABLE public.holds TO casewire_app;
GRANT UPDATE(released_by) ON TABLE public.holds TO casewire_app;
GRANT UPDATE(release_reason) ON TABLE public.holds TO casewire_app;
GRANT UPDATE(revision) ON TABLE public.holds TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.participants TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.participants TO casewire_app;
REVOKE ALL ON FUNCTION public.held(p_kind text, p_thing uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.held(p_kind text, p_thing uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.held_fast(p_case uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.held_for(p_org uuid, p_kind text, p_thing uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.held_for(p_org uuid, p_kind text, p_thing uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.walls_of_me() FROM PUBLIC;
GRANT ALL ON FUNCTION public.walls_of_me() TO casewire_app;
GRANT ALL ON FUNCTION public.walls_of_me() TO casewire_system;
REVOKE ALL ON FUNCTION public.hidden_walls() FROM PUBLIC;
GRANT ALL ON FUNCTION public.hidden_walls() TO casewire_app;
REVOKE ALL ON FUNCTION public.hold_lock() FROM PUBLIC;
GRANT ALL ON FUNCTION public.hold_lock() TO casewire_app;
GRANT ALL ON FUNCTION public.hold_lock() TO casewire_system;
REVOKE ALL ON FUNCTION public.holds(p_session uuid, p_hash bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamp with time zone) TO casewire_app;
GRANT ALL ON FUNCTION public.introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamp with time zone) TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitations TO casewire_system;
GRANT INSERT ON TABLE public.invitations TO casewire_app;
GRANT SELECT(id) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(org) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(email) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(name) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(role) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(invited_by) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(invited_at) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(expires_at) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(used_at) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(person) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(answered_at) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(accepted) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(withdrawn_at) ON TABLE public.invitations TO casewire_app;
GRANT SELECT(revision) ON TABLE public.invitations TO casewire_app;
REVOKE ALL ON FUNCTION public.invitation_from(p_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.invitation_from(p_id uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.keep_hold() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.keep_name() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.keep_own(p_org uuid, p_person uuid, p_cases uuid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.keep_told() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.keep_walls(p_org uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.keep_words() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.kept_out(p_case uuid, p_people uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.kept_out(p_case uuid, p_people uuid[]) TO casewire_app;
GRANT ALL ON FUNCTION public.kept_out(p_case uuid, p_people uuid[]) TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.versions TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.versions TO casewire_app;
REVOKE ALL ON FUNCTION public.last_version(p_document uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.last_version(p_document uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.last_version(p_document uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.lock_key(p_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_key(p_id uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.lock_key(p_id uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.mails_of_others(p_org uuid, p_recipient text, p_made_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.make_service(p_org uuid, p_id uuid, p_name text, p_now timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.make_service(p_org uuid, p_id uuid, p_name text, p_now timestamp with time zone, p_max integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.may_reset(p_person uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.my_invitations(p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.my_invitations(p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.needs_factor(p_person uuid) FROM PUBLIC;
GRANT INSERT ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(id) ON TABLE public.oauth_apps TO casewire_system;
GRANT SELECT(id) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(org) ON TABLE public.oauth_apps TO casewire_system;
GRANT SELECT(org) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(name),UPDATE(name) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(kind) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(redirect_uris),UPDATE(redirect_uris) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(logout_uris),UPDATE(logout_uris) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(scopes),UPDATE(scopes) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(id_token_alg),UPDATE(id_token_alg) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(service) ON TABLE public.oauth_apps TO casewire_app;
GRANT UPDATE(secret_hash) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(secret_made_at),UPDATE(secret_made_at) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(added_at) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(added_by) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(ended_at) ON TABLE public.oauth_apps TO casewire_system;
GRANT SELECT(ended_at),UPDATE(ended_at) ON TABLE public.oauth_apps TO casewire_app;
GRANT SELECT(revision),UPDATE(revision) ON TABLE public.oauth_apps TO casewire_app;
REVOKE ALL ON FUNCTION public.oauth_open_to(p_app uuid, p_person uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.oauth_asking(p_app uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_asking(p_app uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.oauth_decide_device(p_user bytea, p_session uuid, p_allowed boolean, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_decide_device(p_user bytea, p_session uuid, p_allowed boolean, p_now timestamp with time zone) TO casewire_app;
GRANT DELETE ON TABLE public.oauth_devices TO casewire_system;
GRANT SELECT(expires_at) ON TABLE public.oauth_devices TO casewire_system;
REVOKE ALL ON FUNCTION public.oauth_device(p_user bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_device(p_user bytea, p_now timestamp with time zone) TO casewire_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.oauth_consents TO casewire_app;
GRANT UPDATE(scopes) ON TABLE public.oauth_consents TO casewire_app;
GRANT UPDATE(changed_at) ON TABLE public.oauth_consents TO casewire_app;
GRANT DELETE ON TABLE public.oauth_requests TO casewire_system;
GRANT SELECT,INSERT,DELETE ON TABLE public.oauth_requests TO casewire_app;
GRANT SELECT(expires_at) ON TABLE public.oauth_requests TO casewire_system;
REVOKE ALL ON FUNCTION public.oauth_disconnect(p_app uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_disconnect(p_app uuid, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.oauth_left() FROM PUBLIC;
GRANT DELETE ON TABLE public.oauth_refreshes TO casewire_system;
GRANT SELECT(expires_at) ON TABLE public.oauth_refreshes TO casewire_system;
REVOKE ALL ON FUNCTION public.oauth_open(p_family uuid, p_session uuid, p_token bytea, p_scopes text[], p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_address text) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.oauth_open_to_me(p_app uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_open_to_me(p_app uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.oauth_proof(p_session uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_proof(p_session uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.oauth_stands(p_app uuid, p_person uuid, p_mfa boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.oauth_unproved() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.open_service_session(p_org uuid, p_service uuid, p_id uuid, p_hash bytea, p_label text, p_scopes text[], p_now timestamp with time zone, p_expires timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.open_service_session(p_org uuid, p_service uuid, p_id uuid, p_hash bytea, p_label text, p_scopes text[], p_now timestamp with time zone, p_expires timestamp with time zone, p_max integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.own_of(p_org uuid, p_person uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.participations(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.participations(p_org uuid, p_person uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.participations(p_org uuid, p_person uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.person_rows(p_org uuid, p_person uuid, p_kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.person_rows(p_org uuid, p_person uuid, p_kind text) TO casewire_app;
REVOKE ALL ON FUNCTION public.place_given() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.place_taken() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.provider_set() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.raise_access(p_org uuid, p_case uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.raise_access(p_org uuid, p_case uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.raise_access(p_org uuid, p_case uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.raised_by(p_org uuid, p_person uuid, p_by uuid, p_before text, p_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) TO casewire_app;
REVOKE ALL ON FUNCTION public.renew_invitation(p_org uuid, p_id uuid, p_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.renew_invitation(p_org uuid, p_id uuid, p_hash bytea, p_now timestamp with time zone, p_expires timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.renew_session(p_session uuid, p_before bytea, p_after bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.renew_session(p_session uuid, p_before bytea, p_after bytea, p_now timestamp with time zone) TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.scim_users TO casewire_app;
GRANT SELECT ON TABLE public.scim_users TO casewire_system;
REVOKE ALL ON FUNCTION public.scim_outsider(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.scim_outsider(p_org uuid, p_person uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.scim_people(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.scim_people(p_org uuid, p_person uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.scim_rename(p_org uuid, p_person uuid, p_email text, p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.scim_rename(p_org uuid, p_person uuid, p_email text, p_name text) TO casewire_app;
REVOKE ALL ON FUNCTION public.scim_seat(p_org uuid, p_person uuid, p_role text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.scim_seat(p_org uuid, p_person uuid, p_role text, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.scim_standing(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.scim_standing(p_org uuid, p_person uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.search_all(p_in text[], p_case uuid, p_text text, p_head text, p_last text, p_like text, p_rank double precision, p_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_all(p_in text[], p_case uuid, p_text text, p_head text, p_last text, p_like text, p_rank double precision, p_id uuid, p_limit integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.search_case(p_number text, p_title text, p_intake jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_case(p_number text, p_title text, p_intake jsonb) TO casewire_app;
GRANT ALL ON FUNCTION public.search_case(p_number text, p_title text, p_intake jsonb) TO casewire_system;
REVOKE ALL ON FUNCTION public.search_words(p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_words(p_text text) TO casewire_app;
GRANT ALL ON FUNCTION public.search_words(p_text text) TO casewire_system;
REVOKE ALL ON FUNCTION public.search_vector(p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_vector(p_text text) TO casewire_app;
GRANT ALL ON FUNCTION public.search_vector(p_text text) TO casewire_system;
REVOKE ALL ON FUNCTION public.seat_person(p_org uuid, p_person uuid, p_role text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.seat_person(p_org uuid, p_person uuid, p_role text, p_now timestamp with time zone) TO casewire_app;
GRANT ALL ON FUNCTION public.seat_person(p_org uuid, p_person uuid, p_role text, p_now timestamp with time zone) TO casewire_system;
REVOKE ALL ON FUNCTION public.seat_service(p_org uuid, p_id uuid, p_role text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.seat_service(p_org uuid, p_id uuid, p_role text, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.seated(p_org uuid, p_people uuid[], p_roles text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.seated(p_org uuid, p_people uuid[], p_roles text[]) TO casewire_app;
GRANT ALL ON FUNCTION public.seated(p_org uuid, p_people uuid[], p_roles text[]) TO casewire_system;
REVOKE ALL ON FUNCTION public.seen_past(p_org uuid, p_person uuid, p_by uuid, p_before text) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.service_reached() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.service_sessions(p_org uuid, p_service uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.service_sessions(p_org uuid, p_service uuid, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.services_of(p_org uuid, p_service uuid, p_after uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.services_of(p_org uuid, p_service uuid, p_after uuid, p_limit integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.session_over(p_session uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_over(p_session uuid, p_person uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.set_mfa_rule(p_org uuid, p_roles text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_mfa_rule(p_org uuid, p_roles text[]) TO casewire_app;
REVOKE ALL ON FUNCTION public.set_publications(p_org uuid, p_types text[], p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_publications(p_org uuid, p_types text[], p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.set_scim_role(p_org uuid, p_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_scim_role(p_org uuid, p_role text) TO casewire_app;
REVOKE ALL ON FUNCTION public.settle_grants(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.settle_grants(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamp with time zone) TO casewire_app;
GRANT ALL ON FUNCTION public.settle_grants(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamp with time zone) TO casewire_system;
REVOKE ALL ON FUNCTION public.settled(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_add_factor(p_session uuid, p_id uuid, p_kind text, p_label text, p_confirmed boolean, p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint, p_transports text[], p_now timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_add_factor(p_session uuid, p_id uuid, p_kind text, p_label text, p_confirmed boolean, p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint, p_transports text[], p_now timestamp with time zone, p_max integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_arrive(p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text, p_name text, p_person uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_arrive(p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text, p_name text, p_person uuid, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_ask_link(p_email text, p_hash bytea, p_browser bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_ask_link(p_email text, p_hash bytea, p_browser bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_ask_reset(p_email text, p_hash bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_ask_reset(p_email text, p_hash bytea, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone, p_expires timestamp with time zone) TO casewire_signin;
GRANT SELECT,INSERT ON TABLE public.audit_entries TO casewire_app;
GRANT SELECT,INSERT ON TABLE public.audit_entries TO casewire_system;
GRANT UPDATE(private) ON TABLE public.audit_entries TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_audit(p_log uuid, p_case uuid, p_person uuid, p_entry bytea, p_private jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_audit(p_log uuid, p_case uuid, p_person uuid, p_entry bytea, p_private jsonb) TO casewire_signin;
GRANT DELETE ON TABLE public.challenges TO casewire_system;
GRANT SELECT(expires_at) ON TABLE public.challenges TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea, p_expires timestamp with time zone, p_charged bytea[], p_basis text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea, p_expires timestamp with time zone, p_charged bytea[], p_basis text) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_confirm_factor(p_session uuid, p_factor uuid, p_step bigint, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_confirm_factor(p_session uuid, p_factor uuid, p_step bigint, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_credential(p_credential bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_credential(p_credential bytea) TO casewire_signin;
GRANT DELETE ON TABLE public.journeys TO casewire_system;
GRANT SELECT(expires_at) ON TABLE public.journeys TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_depart(p_hash bytea, p_browser bytea, p_provider uuid, p_session uuid, p_now timestamp with time zone, p_expires timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_depart(p_hash bytea, p_browser bytea, p_provider uuid, p_session uuid, p_now timestamp with time zone, p_expires timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_factors(p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_factors(p_person uuid) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_forgive(p_keys bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_forgive(p_keys bytea[]) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_holds(p_session uuid, p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_holds(p_session uuid, p_hash bytea) TO casewire_signin;
GRANT INSERT,UPDATE ON TABLE public.providers TO casewire_app;
GRANT SELECT(id) ON TABLE public.providers TO casewire_app;
GRANT SELECT(org) ON TABLE public.providers TO casewire_app;
GRANT SELECT(name) ON TABLE public.providers TO casewire_app;
GRANT SELECT(issuer) ON TABLE public.providers TO casewire_app;
GRANT SELECT(client_id) ON TABLE public.providers TO casewire_app;
GRANT SELECT(domains) ON TABLE public.providers TO casewire_app;
GRANT SELECT(brings) ON TABLE public.providers TO casewire_app;
GRANT SELECT(mfa_amr) ON TABLE public.providers TO casewire_app;
GRANT SELECT(mfa_acr) ON TABLE public.providers TO casewire_app;
GRANT SELECT(made_at) ON TABLE public.providers TO casewire_app;
GRANT SELECT(removed_at) ON TABLE public.providers TO casewire_app;
GRANT SELECT(revision) ON TABLE public.providers TO casewire_app;
REVOKE ALL ON FUNCTION public.signin_identity(p_issuer text, p_subject text, p_provider uuid, p_email text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_identity(p_issuer text, p_subject text, p_provider uuid, p_email text, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_invitation(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_invitation(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_known(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_known(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
GRANT DELETE ON TABLE public.devices TO casewire_system;
GRANT SELECT(used_at) ON TABLE public.devices TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_knows(p_person uuid, p_device bytea, p_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_knows(p_person uuid, p_device bytea, p_since timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_link_identity(p_session uuid, p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text, p_now timestamp with time zone, p_proved_since timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_link_identity(p_session uuid, p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text, p_now timestamp with time zone, p_proved_since timestamp with time zone, p_max integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_app(p_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_app(p_id uuid) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_begin_device(p_hash bytea, p_user bytea, p_app uuid, p_scopes text[], p_address text, p_now timestamp with time zone, p_expires timestamp with time zone, p_interval_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_begin_device(p_hash bytea, p_user bytea, p_app uuid, p_scopes text[], p_address text, p_now timestamp with time zone, p_expires timestamp with time zone, p_interval_s integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_claims(p_session uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_claims(p_session uuid, p_now timestamp with time zone) TO casewire_signin;
GRANT DELETE ON TABLE public.oauth_codes TO casewire_system;
GRANT INSERT ON TABLE public.oauth_codes TO casewire_app;
GRANT SELECT(expires_at) ON TABLE public.oauth_codes TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_oauth_code(p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_code(p_hash bytea) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_device(p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_device(p_hash bytea) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_keep_key(p_id uuid, p_alg text, p_public text, p_sealed bytea, p_now timestamp with time zone, p_since timestamp with time zone, p_forget boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_keep_key(p_id uuid, p_alg text, p_public text, p_sealed bytea, p_now timestamp with time zone, p_since timestamp with time zone, p_forget boolean) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_keys() FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_keys() TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_poll(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_poll(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_redeem(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_family_expires timestamp with time zone, p_address text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_redeem(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_family_expires timestamp with time zone, p_address text) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_redeem_device(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_family_expires timestamp with time zone, p_address text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_redeem_device(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_family_expires timestamp with time zone, p_address text) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_refresh(p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_refresh(p_hash bytea) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_rotate(p_before bytea, p_scopes text[], p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_address text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_rotate(p_before bytea, p_scopes text[], p_session uuid, p_token bytea, p_refresh bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_refresh_expires timestamp with time zone, p_address text) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_service(p_app uuid, p_family uuid, p_scopes text[], p_session uuid, p_token bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_service(p_app uuid, p_family uuid, p_scopes text[], p_session uuid, p_token bytea, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_oauth_token(p_hash bytea, p_app uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_oauth_token(p_hash bytea, p_app uuid, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone, p_scopes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone, p_scopes text[]) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone, p_scopes text[], p_idle_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone, p_scopes text[], p_idle_s integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_person(p_email text, p_device bytea, p_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_person(p_email text, p_device bytea, p_since timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_prove(p_session uuid, p_mfa boolean, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_prove(p_session uuid, p_mfa boolean, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_provider(p_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_provider(p_id uuid) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_providers() FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_providers() TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_remember(p_person uuid, p_device bytea, p_now timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_remember(p_person uuid, p_device bytea, p_now timestamp with time zone, p_max integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_remove_factor(p_session uuid, p_factor uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_remove_factor(p_session uuid, p_factor uuid, p_now timestamp with time zone) TO casewire_signin;
GRANT DELETE ON TABLE public.links TO casewire_system;
GRANT SELECT(expires_at) ON TABLE public.links TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_reset(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_reset(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_return(p_hash bytea, p_browser bytea, p_provider uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_return(p_hash bytea, p_browser bytea, p_provider uuid, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_session(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_session(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_set_recovery(p_session uuid, p_hashes bytea[], p_only_none boolean, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_set_recovery(p_session uuid, p_hashes bytea[], p_only_none boolean, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_setup(p_org uuid, p_org_name text, p_case_types text[], p_zone text, p_person uuid, p_email text, p_name text, p_password_hash text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_setup(p_org uuid, p_org_name text, p_case_types text[], p_zone text, p_person uuid, p_email text, p_name text, p_password_hash text, p_now timestamp with time zone) TO casewire_signin;
GRANT ALL ON FUNCTION public.signin_setup(p_org uuid, p_org_name text, p_case_types text[], p_zone text, p_person uuid, p_email text, p_name text, p_password_hash text, p_now timestamp with time zone) TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_setup_needed() FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_setup_needed() TO casewire_signin;
GRANT ALL ON FUNCTION public.signin_setup_needed() TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_standing(p_session uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_standing(p_session uuid, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_still(p_person uuid, p_password_hash text, p_issuer text, p_subject text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_still(p_person uuid, p_password_hash text, p_issuer text, p_subject text) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_take(p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_take(p_hash bytea) TO casewire_signin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mails TO casewire_system;
GRANT INSERT ON TABLE public.mails TO casewire_app;
REVOKE ALL ON FUNCTION public.signin_tell(p_person uuid, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_tell(p_person uuid, p_mail uuid, p_subject text, p_body text, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_throttle(p_keys bytea[], p_free integer[], p_longest_s integer[], p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_throttle(p_keys bytea[], p_free integer[], p_longest_s integer[], p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_touch(p_session uuid, p_address text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_touch(p_session uuid, p_address text, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamp with time zone, p_max integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_unlink_identity(p_session uuid, p_identity uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_unlink_identity(p_session uuid, p_identity uuid, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_use_link(p_hash bytea, p_browser bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_use_link(p_hash bytea, p_browser bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_use_passkey(p_factor uuid, p_before bigint, p_after bigint, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_use_passkey(p_factor uuid, p_before bigint, p_after bigint, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_use_recovery(p_person uuid, p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_use_recovery(p_person uuid, p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_use_step(p_factor uuid, p_step bigint, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_use_step(p_factor uuid, p_step bigint, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.spare(p_case uuid, p_document uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.spare_buried() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.spare_key() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.spare_original() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.spare_person() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.spare_row() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.spare_table() FROM PUBLIC;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tombstones TO casewire_system;
GRANT SELECT ON TABLE public.tombstones TO casewire_app;
REVOKE ALL ON FUNCTION public.still_attached(p_before jsonb, p_after jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.stood_behind(p_org uuid, p_people uuid[], p_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.stood_behind(p_org uuid, p_people uuid[], p_since timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.stream_head(p_stream uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.stream_head(p_stream uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.stream_head(p_stream uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.take_link(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_link(p_org uuid, p_person uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.taking_part(p_case uuid, p_people uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.taking_part(p_case uuid, p_people uuid[]) TO casewire_app;
GRANT ALL ON FUNCTION public.taking_part(p_case uuid, p_people uuid[]) TO casewire_system;
REVOKE ALL ON FUNCTION public.team_joined() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.team_left() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.uploads_open() FROM PUBLIC;
GRANT ALL ON FUNCTION public.uploads_open() TO casewire_app;
GRANT ALL ON FUNCTION public.uploads_open() TO casewire_system;
REVOKE ALL ON FUNCTION public.use_reset(p_hash bytea, p_after text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.use_reset(p_hash bytea, p_after text, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.wipe_person(p_org uuid, p_person uuid, p_by uuid, p_now timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.wipe_words(p_person uuid, p_cases uuid[], p_now timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.withdraw_invitation(p_org uuid, p_id uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.withdraw_invitation(p_org uuid, p_id uuid, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.work_taken() FROM PUBLIC;
GRANT SELECT,INSERT ON TABLE public.audit_checkpoints TO casewire_system;
GRANT SELECT ON TABLE public.audit_checkpoints TO casewire_app;
GRANT SELECT,INSERT ON TABLE public.audit_keys TO casewire_system;
GRANT SELECT ON TABLE public.audit_leaves TO casewire_app;
GRANT SELECT,INSERT ON TABLE public.audit_leaves TO casewire_system;
GRANT SELECT ON TABLE public.audit_logs TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_logs TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_position TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_tiles TO casewire_system;
GRANT SELECT ON TABLE public.audit_tiles TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_witnessed TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.case_keys TO casewire_system;
GRANT SELECT ON TABLE public.case_keys TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.case_numbers TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.case_numbers TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.certificates TO casewire_system;
GRANT SELECT,INSERT ON TABLE public.certificates TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversations TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.conversations TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.data_keys TO casewire_system;
GRANT SELECT ON TABLE public.data_keys TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deadline_steps TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deadline_steps TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deadlines TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.deadlines TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.details TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.details TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispositions TO casewire_system;
GRANT SELECT ON TABLE public.dispositions TO casewire_app;
GRANT UPDATE(state) ON TABLE public.dispositions TO casewire_app;
GRANT UPDATE(decided_at) ON TABLE public.dispositions TO casewire_app;
GRANT UPDATE(decided_by) ON TABLE public.dispositions TO casewire_app;
GRANT UPDATE(reason) ON TABLE public.dispositions TO casewire_app;
GRANT UPDATE(keep_until) ON TABLE public.dispositions TO casewire_app;
GRANT UPDATE(revision) ON TABLE public.dispositions TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.entries TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.entries TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.epoch TO casewire_system;
GRANT SELECT ON TABLE public.epoch TO casewire_app;
GRANT SELECT ON TABLE public.epoch TO casewire_signin;
GRANT SELECT,INSERT,UPDATE ON TABLE public.erasures TO casewire_system;
GRANT INSERT ON TABLE public.erasures TO casewire_app;
GRANT SELECT(id) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(org) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(person) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(state),UPDATE(state) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(asked_at) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(asked_by) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(decided_at),UPDATE(decided_at) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(decided_by),UPDATE(decided_by) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(reason),UPDATE(reason) ON TABLE public.erasures TO casewire_app;
GRANT UPDATE(cases) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(certificate),UPDATE(certificate) ON TABLE public.erasures TO casewire_app;
GRANT SELECT(revision),UPDATE(revision) ON TABLE public.erasures TO casewire_app;
GRANT SELECT,INSERT ON TABLE public.exports TO casewire_app;
GRANT SELECT,DELETE ON TABLE public.exports TO casewire_system;
GRANT SELECT,DELETE ON TABLE public.former_names TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.markers TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.markers TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.message_originals TO casewire_system;
GRANT INSERT ON TABLE public.message_originals TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.messages TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.messages TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notices TO casewire_system;
GRANT SELECT,UPDATE ON TABLE public.notices TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.nudges TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.object_locks TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.parties TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.parties TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.public_cases TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.public_cases TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.publications TO casewire_system;
GRANT SELECT(org) ON TABLE public.publications TO casewire_app;
GRANT SELECT(type) ON TABLE public.publications TO casewire_app;
GRANT DELETE ON TABLE public.rates TO casewire_system;
GRANT SELECT(until) ON TABLE public.rates TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.removals TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roots TO casewire_system;
GRANT SELECT ON TABLE public.roots TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.schedules TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.schedules TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.scim_groups TO casewire_app;
GRANT SELECT ON TABLE public.scim_groups TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tasks TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tasks TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.team_cases TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.team_cases TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.teams TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.teams TO casewire_app;
GRANT DELETE ON TABLE public.throttles TO casewire_system;
GRANT SELECT(key) ON TABLE public.throttles TO casewire_system;
GRANT SELECT(at) ON TABLE public.throttles TO casewire_system;
GRANT SELECT(until) ON TABLE public.throttles TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.version_texts TO casewire_system;
GRANT SELECT ON TABLE public.version_texts TO casewire_app;
REVOKE ALL ON FUNCTION public.public_office(p_org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.public_office(p_org uuid) TO casewire_app;
REVOKE ALL ON FUNCTION public.spend_rates(p_keys bytea[], p_counts integer[], p_a_minute integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.spend_rates(p_keys bytea[], p_counts integer[], p_a_minute integer[]) TO casewire_app;
GRANT ALL ON FUNCTION public.spend_rates(p_keys bytea[], p_counts integer[], p_a_minute integer[]) TO casewire_system;
