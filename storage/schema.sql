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
    mfa_roles text[] DEFAULT '{}'::text[] NOT NULL
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
CREATE FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from messages where id = p_message and case_id = p_case and retracted_at is not null) then
        raise exception 'blank_message: not retracted' using errcode = 'insufficient_privilege';
    end if;
    update events set data = (jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
            '{message,attachments}', '[]'))::json
        where stream = p_case and seq >= p_from and thing = p_message;
end $$;
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
CREATE TABLE public.people (
    id uuid NOT NULL,
    email public.citext NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    password_hash text,
    made_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.people FORCE ROW LEVEL SECURITY;
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
        if not exists (select 1 from cases c where c.id = p_case and c.org = p_org and c.audience && mine) then
            return;
        end if;
        -- Whoever can see the case knows by name those who take or took part, and those who did what they can see.
        -- Addresses are for staff: a client writes here, not around it.
        return query select p.id, p.name,
                case when mine && array['admin', 'desk', 'staff'] then p.email::text else '' end,
                coalesce((select g.role from grants g where g.person = p.id and g.scope = p_org limit 1), '')
            from people p
            where p.id in (select person from participants where case_id = p_case
                union select e.actor from events e where e.stream = p_case and e.actor is not null
                    and (e.audience && mine or me() = any (e.people)))
            order by p.name, p.id;
    end if;
end $$;
CREATE FUNCTION public.change_password(p_before text, p_after text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update people set password_hash = p_after where id = me() and password_hash = p_before;
    return found;
end $$;
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
    CONSTRAINT sessions_kind_check CHECK ((kind = ANY (ARRAY['browser'::text, 'token'::text])))
);
ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamp with time zone, p_limit integer) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
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
CREATE FUNCTION public.end_session(p_id uuid, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, label text, made_at timestamp with time zone, expires_at timestamp with time zone, address text, used_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.sessions s SET ended_at = end_session.p_now
   WHERE ((s.id = end_session.p_id) AND (s.person = public.me()) AND (s.ended_at IS NULL))
   RETURNING s.id,
     s.person,
     s.kind,
     s.label,
     s.made_at,
     s.expires_at,
     s.address,
     s.used_at;
END;
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
CREATE FUNCTION public.find_person(p_scope uuid, p_email text) RETURNS TABLE(id uuid, name text, signs_in boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants g where g.person = me() and g.role in ('admin', 'desk', 'staff')
            and (p_scope in (g.org, g.scope) or g.org = (select c.org from cases c where c.id = p_scope))) then
        return;
    end if;
    return query select p.id, p.name, p.password_hash is not null from people p where p.email = p_email::citext;
end $$;
CREATE FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not gives(p_org, p_scope) then
        raise exception 'give_grants' using errcode = 'insufficient_privilege';
    end if;
    insert into grants (person, scope, role, org, since)
        select person, p_scope, role, p_org, p_now from unnest(p_people, p_roles) as g(person, role)
        on conflict do nothing;
end $$;
CREATE FUNCTION public.gives(p_org uuid, p_scope uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT ((EXISTS ( SELECT 1
            FROM public.grants g
           WHERE ((g.person = public.me()) AND (g.org = gives.p_org) AND (((g.scope = gives.p_org) AND (g.role = 'admin'::text)) OR ((g.scope = gives.p_org) AND (g.role = 'desk'::text) AND (gives.p_scope <> gives.p_org)) OR ((g.scope = gives.p_scope) AND (g.role = 'staff'::text)) OR ((g.scope = gives.p_org) AND (NOT (EXISTS ( SELECT 1
                    FROM public.grants o
                   WHERE (o.scope = gives.p_scope))))))))) AND (NOT (EXISTS ( SELECT 1
            FROM public.cases c
           WHERE ((c.id = gives.p_scope) AND (c.org <> gives.p_org))))) AND (NOT (EXISTS ( SELECT 1
            FROM public.organisations o
           WHERE ((o.id = gives.p_scope) AND (o.id <> gives.p_org))))));
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
    if not exists (select 1 from grants where person = p_id and scope = p_org) then
        insert into grants (person, scope, role, org, since) values (p_id, p_org, 'outside', p_org, p_now);
    end if;
end $$;
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
    try_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
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
CREATE FUNCTION public.needs_factor(p_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT 1
            FROM (public.grants g
              JOIN public.organisations o ON ((o.id = g.org)))
           WHERE ((g.person = needs_factor.p_person) AND (g.scope = g.org) AND (g.role = ANY (o.mfa_roles))))) AS "exists";
END;
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
CREATE FUNCTION public.participations(p_org uuid, p_person uuid) RETURNS TABLE(id uuid, case_id uuid, role text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT p.id,
     p.case_id,
     p.role
    FROM public.participants p
   WHERE ((p.org = participations.p_org) AND (p.person = participations.p_person) AND (p.revoked_at IS NULL) AND (EXISTS ( SELECT 1
            FROM public.grants g
           WHERE ((g.person = public.me()) AND (g.scope = participations.p_org) AND (g.role = 'admin'::text)))));
END;
CREATE FUNCTION public.raise_access(p_org uuid, p_case uuid) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    case_access bigint := 0;
    org_access bigint;
begin
    if not exists (select 1 from grants where person = me() and org = p_org) then
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
CREATE FUNCTION public.readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(array_agg(DISTINCT g.person), '{}'::uuid[]) AS "coalesce"
    FROM public.grants g
   WHERE ((g.person = ANY (readers.p_people)) AND (g.scope = ANY (ARRAY[readers.p_case, readers.p_org])) AND (g.role = ANY (readers.p_audience)) AND (EXISTS ( SELECT 1
            FROM (public.cases c
              JOIN public.grants mine ON (((mine.person = public.me()) AND ((mine.scope = c.id) OR (mine.scope = c.org)) AND (mine.role = ANY (c.audience)))))
           WHERE ((c.id = readers.p_case) AND (c.org = readers.p_org)))));
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
        select * from found_messages t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin'))))
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
        select * from found_pages t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin'))))
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
    select * from found_documents t where
        exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
            and g.role = any (t.audience))
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
    where exists (select 1 from grants g where g.person = (select me()) and g.scope in (d.case_id, d.org)
        and g.role = any (d.audience))
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
case_hits as (
    select 'case' as kind, h.case_id as id, null::uuid as version, h.case_id, null::uuid as under,
        null::integer as page, max(h.rank)::float8 as rank
    from (
        (select t.case_id, greatest(word_similarity(p_like, t.title), word_similarity(p_like, t.number), 0.1)
            as rank from found_cases t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.id desc limit 300)
        union all
        (select t.case_id, greatest(word_similarity(p_like, t.name), 0.1) from found_parties t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.case_id desc limit 300)
    ) h group by h.case_id
),
shown as materialized (
    select h.*, c.title as case_title, c.number as case_number
    from (select * from seen_messages union all select * from document_hits union all select * from case_hits) h
        join cases c on c.id = h.case_id
    where (p_rank is null or (h.rank, h.id) < (p_rank, p_id))
        and exists (select 1 from grants g where g.person = (select me()) and g.scope in (c.id, c.org)
            and g.role = any (c.audience))
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
                    and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                        and g.role = any (t.audience))
                order by t.name limit 100) p)), E'\uE000\uE001', '') as text
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
    delete from grants where person = p_person and scope = p_org;
    if p_role is not null then
        insert into grants (person, scope, role, org, since) values (p_person, p_org, p_role, p_org, p_now);
    end if;
    return before;
end $$;
CREATE FUNCTION public.set_mfa_rule(p_org uuid, p_roles text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_mfa_rule' using errcode = 'insufficient_privilege';
    end if;
    update organisations set mfa_roles = p_roles where id = p_org;
end $$;
CREATE FUNCTION public.signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamp with time zone) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    found_email citext;
    person_id uuid;
begin
    update invitations set used_at = p_now where token_hash = p_hash and used_at is null and expires_at > p_now
        returning email into found_email;
    if found_email is null then
        return null;
    end if;
    update people set name = p_name, password_hash = p_password_hash, zone = p_zone
        where email = found_email and password_hash is null returning id into person_id;
    return person_id;
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
CREATE TABLE public.challenges (
    hash bytea NOT NULL,
    purpose text NOT NULL,
    person uuid,
    session uuid,
    challenge bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    tries integer DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.challenges FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea, p_expires timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.challenges (hash, purpose, person, session, challenge, expires_at)
   VALUES (signin_challenge.p_hash, signin_challenge.p_purpose, signin_challenge.p_person, signin_challenge.p_session, signin_challenge.p_challenge, signin_challenge.p_expires);
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
    used_at timestamp with time zone
);
ALTER TABLE ONLY public.invitations FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.signin_invitation(p_hash bytea, p_now timestamp with time zone) RETURNS TABLE(email text, name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (i.email)::text AS email,
     i.name
    FROM (public.invitations i
      JOIN public.people p ON ((p.email OPERATOR(public.=) i.email)))
   WHERE ((i.token_hash = signin_invitation.p_hash) AND (i.used_at IS NULL) AND (i.expires_at > signin_invitation.p_now) AND (p.password_hash IS NULL));
END;
CREATE FUNCTION public.signin_known(p_hash bytea, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT s.id,
     s.person,
     s.kind
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
CREATE FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.sessions (id, token_hash, person, kind, label, made_at, expires_at, address, mfa, proved_at)
   VALUES (signin_open.p_id, signin_open.p_hash, signin_open.p_person, signin_open.p_kind, signin_open.p_label, signin_open.p_now, signin_open.p_expires, signin_open.p_address, signin_open.p_mfa, signin_open.p_proved_at);
END;
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
CREATE FUNCTION public.signin_remember(p_person uuid, p_device bytea, p_now timestamp with time zone, p_max integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 INSERT INTO public.devices (hash, person, made_at, used_at)
   VALUES (signin_remember.p_device, signin_remember.p_person, signin_remember.p_now, signin_remember.p_now) ON CONFLICT(person, hash) DO UPDATE SET used_at = signin_remember.p_now;
 DELETE FROM public.devices d
   WHERE ((d.person = signin_remember.p_person) AND (d.hash IN ( SELECT o.hash
            FROM public.devices o
           WHERE (o.person = signin_remember.p_person)
           ORDER BY o.used_at DESC
          OFFSET signin_remember.p_max)));
END;
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
    delete from factors where id = p_factor;
    if not others then
        delete from recovery_codes where person = holder;
        update sessions set mfa = false where person = holder;
    end if;
    return 'removed';
end $$;
CREATE FUNCTION public.signin_session(p_hash bytea, p_now timestamp with time zone) RETURNS TABLE(id uuid, person uuid, kind text, expires_at timestamp with time zone, scopes uuid[], roles text[])
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
           WHERE (g.person = s.person)), '{}'::text[]) AS "coalesce"
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
CREATE FUNCTION public.signin_take(p_hash bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    delete from challenges where hash = p_hash;
    return found;
end $$;
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
 UPDATE public.sessions SET used_at = signin_touch.p_now, address = signin_touch.p_address
   WHERE (sessions.id = signin_touch.p_session);
END;
CREATE FUNCTION public.signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamp with time zone, p_max integer) RETURNS TABLE(person uuid, email text, challenge bytea)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 UPDATE public.challenges c SET tries = (c.tries + 1)
   WHERE ((c.hash = signin_try.p_hash) AND (c.purpose = signin_try.p_purpose) AND (NOT (c.session IS DISTINCT FROM signin_try.p_session)) AND (c.expires_at > signin_try.p_now) AND (c.tries < signin_try.p_max))
   RETURNING c.person,
     ( SELECT (p.email)::text AS email
            FROM public.people p
           WHERE (p.id = c.person)) AS email,
     c.challenge;
END;
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
CREATE FUNCTION public.stream_head(p_stream uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT COALESCE(max(events.seq), (0)::bigint) AS "coalesce"
    FROM public.events
   WHERE (events.stream = stream_head.p_stream);
END;
CREATE FUNCTION public.take_grant(p_org uuid, p_person uuid, p_scope uuid, p_role text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    if not gives(p_org, p_scope) then
        raise exception 'take_grant' using errcode = 'insufficient_privilege';
    end if;
    delete from grants where person = p_person and scope = p_scope and role = p_role and org = p_org;
end $$;
CREATE FUNCTION public.uploads_open() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    BEGIN ATOMIC
 SELECT (count(*))::integer AS count
    FROM public.versions
   WHERE ((versions.by = public.me()) AND (versions.status = 'awaiting'::text));
END;
CREATE TABLE public.case_numbers (
    org uuid NOT NULL,
    prefix text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL
);
ALTER TABLE ONLY public.case_numbers FORCE ROW LEVEL SECURITY;
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
ALTER TABLE public.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
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
    error text DEFAULT ''::text NOT NULL
);
ALTER TABLE ONLY public.mails FORCE ROW LEVEL SECURITY;
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
    replaced_by uuid NOT NULL
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
CREATE TABLE public.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
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
ALTER TABLE ONLY public.case_numbers
    ADD CONSTRAINT case_numbers_pkey PRIMARY KEY (org, prefix, year);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_org_number_key UNIQUE (org, number);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deadline_steps
    ADD CONSTRAINT deadline_steps_pkey PRIMARY KEY (deadline, step);
ALTER TABLE ONLY public.deadlines
    ADD CONSTRAINT deadlines_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (person, hash);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.epoch
    ADD CONSTRAINT epoch_pkey PRIMARY KEY (singleton);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (tx, id);
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_credential_key UNIQUE (credential);
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_pkey PRIMARY KEY (person, scope, role);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_token_hash_key UNIQUE (token_hash);
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
ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_pkey PRIMARY KEY (id);
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
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (person, hash);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.throttles
    ADD CONSTRAINT throttles_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.version_texts
    ADD CONSTRAINT version_texts_pkey PRIMARY KEY (version, page);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_by_begun_key_key UNIQUE (by, begun_key);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_document_n_key UNIQUE (document, n);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (id);
CREATE INDEX cases_number ON public.cases USING gin (number public.gin_trgm_ops);
CREATE INDEX cases_org ON public.cases USING btree (org, id);
CREATE UNIQUE INDEX cases_source ON public.cases USING btree (org, source) WHERE (source IS NOT NULL);
CREATE INDEX cases_title ON public.cases USING gin (title public.gin_trgm_ops);
CREATE INDEX cases_words ON public.cases USING gin (public.search_vector(public.search_case(number, title, intake)));
CREATE INDEX challenges_expires ON public.challenges USING btree (expires_at);
CREATE INDEX challenges_session ON public.challenges USING btree (session) WHERE (session IS NOT NULL);
CREATE INDEX conversations_case ON public.conversations USING btree (case_id, id);
CREATE INDEX deadline_steps_due ON public.deadline_steps USING btree (fire_at) WHERE (fired_at IS NULL);
CREATE INDEX deadline_steps_escalate ON public.deadline_steps USING btree (escalate_at) WHERE (escalated_at IS NULL);
CREATE INDEX deadlines_case ON public.deadlines USING btree (case_id, id);
CREATE INDEX devices_used ON public.devices USING btree (used_at);
CREATE INDEX documents_case ON public.documents USING btree (case_id, id);
CREATE INDEX documents_name ON public.documents USING gin (name public.gin_trgm_ops);
CREATE INDEX documents_words ON public.documents USING gin (public.search_vector(name));
CREATE INDEX entries_case ON public.entries USING btree (case_id, occurred_on DESC, seq DESC);
CREATE UNIQUE INDEX events_key ON public.events USING btree (actor, key) WHERE (key IS NOT NULL);
CREATE UNIQUE INDEX events_stream ON public.events USING btree (stream, seq);
CREATE UNIQUE INDEX factors_one_totp ON public.factors USING btree (person) WHERE ((kind = 'totp'::text) AND (confirmed_at IS NOT NULL));
CREATE INDEX factors_person ON public.factors USING btree (person);
CREATE INDEX factors_unconfirmed ON public.factors USING btree (made_at) WHERE (confirmed_at IS NULL);
CREATE INDEX grants_scope ON public.grants USING btree (scope, role);
CREATE INDEX grants_seats ON public.grants USING btree (person) WHERE (scope = org);
CREATE INDEX invitations_org ON public.invitations USING btree (org);
CREATE INDEX mails_due ON public.mails USING btree (try_at) WHERE (sent_at IS NULL);
CREATE UNIQUE INDEX messages_conversation ON public.messages USING btree (conversation, seq);
CREATE INDEX messages_posted ON public.messages USING btree (posted_at);
CREATE INDEX messages_tsv ON public.messages USING gin (tsv);
CREATE INDEX notices_person ON public.notices USING btree (person, id DESC);
CREATE INDEX parties_case ON public.parties USING btree (case_id, id);
CREATE INDEX parties_name ON public.parties USING gin (name public.gin_trgm_ops);
CREATE INDEX parties_words ON public.parties USING gin (public.search_vector(name));
CREATE INDEX sessions_person ON public.sessions USING btree (person) WHERE (ended_at IS NULL);
CREATE INDEX tasks_case ON public.tasks USING btree (case_id, id);
CREATE INDEX throttles_at ON public.throttles USING btree (at);
CREATE INDEX version_texts_tsv ON public.version_texts USING gin (tsv);
CREATE INDEX versions_case ON public.versions USING btree (case_id, id);
CREATE INDEX versions_open ON public.versions USING btree (by) WHERE (status = 'awaiting'::text);
CREATE INDEX versions_to_examine ON public.versions USING btree (try_at) WHERE (status = 'received'::text);
CREATE INDEX versions_to_index ON public.versions USING btree (try_at) WHERE ((status = 'cleared'::text) AND (text_status = 'none'::text));
CREATE INDEX versions_to_sweep ON public.versions USING btree (sweep_at) WHERE (sweep_at IS NOT NULL);
ALTER TABLE ONLY public.case_numbers
    ADD CONSTRAINT case_numbers_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
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
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_by_fkey FOREIGN KEY (by) REFERENCES public.people(id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_fkey FOREIGN KEY (org) REFERENCES public.organisations(id);
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
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES public.people(id);
ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
ALTER TABLE ONLY public.parties
    ADD CONSTRAINT parties_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
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
CREATE POLICY anyone ON public.epoch FOR SELECT TO casewire_app, casewire_signin USING (true);
CREATE POLICY append ON public.events FOR INSERT TO casewire_app WITH CHECK (((actor = ( SELECT public.me() AS me)) AND
CASE kind
    WHEN 'case'::text THEN ((case_id = stream) AND (EXISTS ( SELECT 1
       FROM public.cases c
      WHERE ((c.id = events.stream) AND (c.org = events.org)))))
    WHEN 'org'::text THEN ((stream = org) AND (case_id IS NULL) AND (EXISTS ( SELECT 1
       FROM public.grants g
      WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = events.stream)))))
    ELSE ((org IS NULL) AND (case_id IS NULL) AND ((stream = ( SELECT public.me() AS me)) OR (type = 'grant.changed'::text)))
END));
CREATE POLICY author ON public.messages AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK ((author = ( SELECT public.me() AS me)));
CREATE POLICY begun ON public.versions AS RESTRICTIVE FOR INSERT TO casewire_app WITH CHECK (((by = ( SELECT public.me() AS me)) AND (status = 'awaiting'::text)));
ALTER TABLE public.case_numbers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.challenges ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.deadline_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.deadlines ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.epoch ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.markers ENABLE ROW LEVEL SECURITY;
CREATE POLICY member ON public.organisations FOR SELECT TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = organisations.id)))));
CREATE POLICY mended ON public.messages AS RESTRICTIVE FOR UPDATE TO casewire_app USING ((author = ( SELECT public.me() AS me))) WITH CHECK ((author = ( SELECT public.me() AS me)));
ALTER TABLE public.message_originals ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.grants FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.markers TO casewire_app USING ((person = ( SELECT public.me() AS me))) WITH CHECK ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.notices TO casewire_app USING ((person = ( SELECT public.me() AS me))) WITH CHECK ((person = ( SELECT public.me() AS me)));
CREATE POLICY mine ON public.sessions FOR SELECT TO casewire_app USING ((person = ( SELECT public.me() AS me)));
ALTER TABLE public.notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.nudges ENABLE ROW LEVEL SECURITY;
CREATE POLICY numbers ON public.case_numbers TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = case_numbers.org))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = case_numbers.org)))));
CREATE POLICY open_case ON public.cases FOR INSERT TO casewire_app WITH CHECK (((opened_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = cases.org))))));
CREATE POLICY open_case ON public.conversations FOR INSERT TO casewire_app WITH CHECK (((opened_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.cases c
  WHERE ((c.id = conversations.case_id) AND (c.opened_by = ( SELECT public.me() AS me)) AND (c.opened_at = conversations.opened_at))))));
ALTER TABLE public.organisations ENABLE ROW LEVEL SECURITY;
CREATE POLICY originals ON public.message_originals FOR INSERT TO casewire_app WITH CHECK (((replaced_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.messages m
  WHERE (m.id = message_originals.message)))));
CREATE POLICY outbox ON public.mails FOR INSERT TO casewire_app WITH CHECK (true);
CREATE POLICY owner_all ON public.case_numbers TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.cases TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.challenges TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.conversations TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.deadline_steps TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.deadlines TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.devices TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.documents TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.entries TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.epoch TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.events TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.factors TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.grants TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.invitations TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.mails TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.markers TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.message_originals TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.messages TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.notices TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.nudges TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.organisations TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.participants TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.parties TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.people TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.recovery_codes TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.sessions TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.tasks TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.throttles TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.version_texts TO casewire_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON public.versions TO casewire_owner USING (true) WITH CHECK (true);
ALTER TABLE public.participants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.parties ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY received ON public.versions AS RESTRICTIVE FOR UPDATE TO casewire_app USING ((by = ( SELECT public.me() AS me))) WITH CHECK (((by = ( SELECT public.me() AS me)) AND (status = ANY (ARRAY['awaiting'::text, 'received'::text]))));
ALTER TABLE public.recovery_codes ENABLE ROW LEVEL SECURITY;
CREATE POLICY self ON public.people FOR SELECT TO casewire_app USING ((id = ( SELECT public.me() AS me)));
ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY staff ON public.invitations TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = invitations.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text, 'staff'::text])))))) WITH CHECK (((invited_by = ( SELECT public.me() AS me)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.org = invitations.org) AND (g.role = ANY (ARRAY['admin'::text, 'desk'::text, 'staff'::text])))))));
CREATE POLICY steps ON public.deadline_steps TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.deadlines d
  WHERE (d.id = deadline_steps.deadline)))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.deadlines d
  WHERE (d.id = deadline_steps.deadline))));
CREATE POLICY system_all ON public.case_numbers TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.cases TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.challenges TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.conversations TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.deadline_steps TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.deadlines TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.devices TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.documents TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.entries TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.epoch TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.events TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.factors TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.grants TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.invitations TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.mails TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.markers TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.message_originals TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.messages TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.notices TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.nudges TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.organisations TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.participants TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.parties TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.people TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.recovery_codes TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.sessions TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.tasks TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.throttles TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.version_texts TO casewire_system USING (true) WITH CHECK (true);
CREATE POLICY system_all ON public.versions TO casewire_system USING (true) WITH CHECK (true);
ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.throttles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.version_texts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.versions ENABLE ROW LEVEL SECURITY;
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
CREATE POLICY wall ON public.deadlines TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[deadlines.case_id, deadlines.org])) AND (g.role = ANY (deadlines.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[deadlines.case_id, deadlines.org])) AND (g.role = ANY (deadlines.audience))))));
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
CREATE POLICY wall ON public.events FOR SELECT TO casewire_app USING (((stream = ( SELECT public.me() AS me)) OR (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[events.case_id, events.org])) AND (g.role = ANY (events.audience))))) OR ((( SELECT public.me() AS me) = ANY (people)) AND (EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND ((g.scope = events.case_id) OR ((g.scope = events.org) AND (g.role = 'admin'::text)))))))));
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
CREATE POLICY wall ON public.tasks TO casewire_app USING ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[tasks.case_id, tasks.org])) AND (g.role = ANY (tasks.audience)))))) WITH CHECK ((EXISTS ( SELECT 1
   FROM public.grants g
  WHERE ((g.person = ( SELECT public.me() AS me)) AND (g.scope = ANY (ARRAY[tasks.case_id, tasks.org])) AND (g.role = ANY (tasks.audience))))));
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
GRANT USAGE ON SCHEMA public TO casewire_app;
GRANT USAGE ON SCHEMA public TO casewire_system;
GRANT USAGE ON SCHEMA public TO casewire_signin;
GRANT SELECT,INSERT,UPDATE ON TABLE public.cases TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.cases TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.organisations TO casewire_system;
GRANT SELECT ON TABLE public.organisations TO casewire_app;
REVOKE ALL ON FUNCTION public.access_counters(p_org uuid, p_case uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.access_counters(p_org uuid, p_case uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.access_counters(p_org uuid, p_case uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) TO casewire_app;
GRANT ALL ON FUNCTION public.blank_message(p_case uuid, p_message uuid, p_from bigint) TO casewire_system;
REVOKE ALL ON FUNCTION public.me() FROM PUBLIC;
GRANT ALL ON FUNCTION public.me() TO casewire_app;
GRANT ALL ON FUNCTION public.me() TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.grants TO casewire_system;
GRANT SELECT ON TABLE public.grants TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.people TO casewire_system;
GRANT SELECT(id) ON TABLE public.people TO casewire_app;
GRANT SELECT(email) ON TABLE public.people TO casewire_app;
GRANT SELECT(name) ON TABLE public.people TO casewire_app;
GRANT SELECT(zone) ON TABLE public.people TO casewire_app;
GRANT SELECT(made_at) ON TABLE public.people TO casewire_app;
REVOKE ALL ON FUNCTION public.card_of(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.card_of(p_org uuid, p_person uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.card_of(p_org uuid, p_person uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.cards(p_org uuid, p_case uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cards(p_org uuid, p_case uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.cards(p_org uuid, p_case uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.change_password(p_before text, p_after text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_password(p_before text, p_after text) TO casewire_app;
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
REVOKE ALL ON FUNCTION public.end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamp with time zone, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamp with time zone, p_limit integer) TO casewire_app;
REVOKE ALL ON FUNCTION public.end_session(p_id uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_session(p_id uuid, p_now timestamp with time zone) TO casewire_app;
REVOKE ALL ON FUNCTION public.enter(p_session uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.enter(p_session uuid, p_person uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.enter(p_session uuid, p_person uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.find_person(p_scope uuid, p_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_person(p_scope uuid, p_email text) TO casewire_app;
GRANT ALL ON FUNCTION public.find_person(p_scope uuid, p_email text) TO casewire_system;
REVOKE ALL ON FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) TO casewire_app;
GRANT ALL ON FUNCTION public.give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamp with time zone) TO casewire_system;
REVOKE ALL ON FUNCTION public.gives(p_org uuid, p_scope uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamp with time zone) TO casewire_app;
GRANT ALL ON FUNCTION public.introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamp with time zone) TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.versions TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.versions TO casewire_app;
REVOKE ALL ON FUNCTION public.last_version(p_document uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.last_version(p_document uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.last_version(p_document uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.lock_key(p_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_key(p_id uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.lock_key(p_id uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.needs_factor(p_person uuid) FROM PUBLIC;
GRANT SELECT,INSERT,UPDATE ON TABLE public.participants TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.participants TO casewire_app;
REVOKE ALL ON FUNCTION public.participations(p_org uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.participations(p_org uuid, p_person uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.participations(p_org uuid, p_person uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.raise_access(p_org uuid, p_case uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.raise_access(p_org uuid, p_case uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.raise_access(p_org uuid, p_case uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) TO casewire_app;
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
REVOKE ALL ON FUNCTION public.set_mfa_rule(p_org uuid, p_roles text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_mfa_rule(p_org uuid, p_roles text[]) TO casewire_app;
REVOKE ALL ON FUNCTION public.signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamp with time zone) TO casewire_signin;
GRANT ALL ON FUNCTION public.signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamp with time zone) TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_add_factor(p_session uuid, p_id uuid, p_kind text, p_label text, p_confirmed boolean, p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint, p_transports text[], p_now timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_add_factor(p_session uuid, p_id uuid, p_kind text, p_label text, p_confirmed boolean, p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint, p_transports text[], p_now timestamp with time zone, p_max integer) TO casewire_signin;
GRANT DELETE ON TABLE public.challenges TO casewire_system;
GRANT SELECT(expires_at) ON TABLE public.challenges TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea, p_expires timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea, p_expires timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_confirm_factor(p_session uuid, p_factor uuid, p_step bigint, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_confirm_factor(p_session uuid, p_factor uuid, p_step bigint, p_now timestamp with time zone) TO casewire_signin;
GRANT DELETE ON TABLE public.factors TO casewire_system;
GRANT SELECT(id) ON TABLE public.factors TO casewire_system;
GRANT SELECT(kind) ON TABLE public.factors TO casewire_system;
GRANT SELECT(made_at) ON TABLE public.factors TO casewire_system;
GRANT SELECT(confirmed_at) ON TABLE public.factors TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_credential(p_credential bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_credential(p_credential bytea) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_factors(p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_factors(p_person uuid) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_forgive(p_keys bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_forgive(p_keys bytea[]) TO casewire_signin;
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
REVOKE ALL ON FUNCTION public.signin_invitation(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_invitation(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_known(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_known(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
GRANT DELETE ON TABLE public.devices TO casewire_system;
GRANT SELECT(used_at) ON TABLE public.devices TO casewire_system;
REVOKE ALL ON FUNCTION public.signin_knows(p_person uuid, p_device bytea, p_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_knows(p_person uuid, p_device bytea, p_since timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamp with time zone, p_expires timestamp with time zone, p_address text, p_mfa boolean, p_proved_at timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_person(p_email text, p_device bytea, p_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_person(p_email text, p_device bytea, p_since timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_prove(p_session uuid, p_mfa boolean, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_prove(p_session uuid, p_mfa boolean, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_remember(p_person uuid, p_device bytea, p_now timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_remember(p_person uuid, p_device bytea, p_now timestamp with time zone, p_max integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_remove_factor(p_session uuid, p_factor uuid, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_remove_factor(p_session uuid, p_factor uuid, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_session(p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_session(p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
GRANT ALL ON FUNCTION public.signin_session(p_hash bytea, p_now timestamp with time zone) TO casewire_system;
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
REVOKE ALL ON FUNCTION public.signin_take(p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_take(p_hash bytea) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_throttle(p_keys bytea[], p_free integer[], p_longest_s integer[], p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_throttle(p_keys bytea[], p_free integer[], p_longest_s integer[], p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_touch(p_session uuid, p_address text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_touch(p_session uuid, p_address text, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamp with time zone, p_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamp with time zone, p_max integer) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_use_passkey(p_factor uuid, p_before bigint, p_after bigint, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_use_passkey(p_factor uuid, p_before bigint, p_after bigint, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_use_recovery(p_person uuid, p_hash bytea, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_use_recovery(p_person uuid, p_hash bytea, p_now timestamp with time zone) TO casewire_signin;
REVOKE ALL ON FUNCTION public.signin_use_step(p_factor uuid, p_step bigint, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.signin_use_step(p_factor uuid, p_step bigint, p_now timestamp with time zone) TO casewire_signin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO casewire_system;
GRANT SELECT,INSERT ON TABLE public.events TO casewire_app;
REVOKE ALL ON FUNCTION public.stream_head(p_stream uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.stream_head(p_stream uuid) TO casewire_app;
GRANT ALL ON FUNCTION public.stream_head(p_stream uuid) TO casewire_system;
REVOKE ALL ON FUNCTION public.take_grant(p_org uuid, p_person uuid, p_scope uuid, p_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_grant(p_org uuid, p_person uuid, p_scope uuid, p_role text) TO casewire_app;
GRANT ALL ON FUNCTION public.take_grant(p_org uuid, p_person uuid, p_scope uuid, p_role text) TO casewire_system;
REVOKE ALL ON FUNCTION public.uploads_open() FROM PUBLIC;
GRANT ALL ON FUNCTION public.uploads_open() TO casewire_app;
GRANT ALL ON FUNCTION public.uploads_open() TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.case_numbers TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.case_numbers TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.conversations TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.conversations TO casewire_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deadline_steps TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deadline_steps TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.deadlines TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.deadlines TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.documents TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.documents TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.entries TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.entries TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.epoch TO casewire_system;
GRANT SELECT ON TABLE public.epoch TO casewire_app;
GRANT SELECT ON TABLE public.epoch TO casewire_signin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mails TO casewire_system;
GRANT INSERT ON TABLE public.mails TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.markers TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.markers TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.message_originals TO casewire_system;
GRANT INSERT ON TABLE public.message_originals TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.messages TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.messages TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.notices TO casewire_system;
GRANT SELECT,UPDATE ON TABLE public.notices TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.nudges TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.parties TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.parties TO casewire_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tasks TO casewire_system;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tasks TO casewire_app;
GRANT DELETE ON TABLE public.throttles TO casewire_system;
GRANT SELECT(key) ON TABLE public.throttles TO casewire_system;
GRANT SELECT(at) ON TABLE public.throttles TO casewire_system;
GRANT SELECT(until) ON TABLE public.throttles TO casewire_system;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.version_texts TO casewire_system;
GRANT SELECT ON TABLE public.version_texts TO casewire_app;
