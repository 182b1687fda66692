-- Full text: how words are made of text, the indexes over them, and the one function that searches. It runs as the
-- owner, because `@@` and `ilike` are not leakproof and PostgreSQL keeps them from their indexes under row-level
-- security; so it repeats the wall's line for every table, and tests hold it against the policies.

-- Words as people type them: without accents, and references taken apart (INV-2026/00451 is INV, 2026 and 00451).
create function search_words(p_text text) returns text language sql immutable strict parallel safe
    begin atomic
        select regexp_replace(public.unaccent('public.unaccent'::regdictionary, p_text),
            '([[:alnum:]])[-/_.:#@]+(?=[[:alnum:]])', '\1 ', 'g');
    end;

-- Every word as it stands, and English words by their stem.
create function search_vector(p_text text) returns tsvector language sql immutable strict parallel safe
    begin atomic
        select to_tsvector('pg_catalog.simple', public.search_words(p_text))
            || to_tsvector('pg_catalog.english', public.unaccent('public.unaccent'::regdictionary, p_text));
    end;

create function search_case(p_number text, p_title text, p_intake jsonb) returns text
    language sql immutable strict parallel safe
    begin atomic
        select p_number || ' ' || p_title || ' '
            || coalesce((select string_agg(value, ' ') from jsonb_each_text(p_intake)), '');
    end;

alter table messages add column tsv tsvector generated always as (search_vector(coalesce(body, ''))) stored;
create index messages_tsv on messages using gin (tsv);
alter table version_texts add column tsv tsvector not null;
create index version_texts_tsv on version_texts using gin (tsv);
create index cases_words on cases using gin (search_vector(search_case(number, title, intake)));
create index parties_words on parties using gin (search_vector(name));
create index documents_words on documents using gin (search_vector(name));
create index cases_number on cases using gin (number gin_trgm_ops);

-- What the reader's words find among what the reader may see, best first. The words come in four forms: `p_text`
-- as typed, `p_head` and `p_last` all but the last word and the beginning of that one (null where it is complete),
-- `p_like` for names and numbers (null where too short for trigrams). `p_rank` and `p_id` are the last hit of the
-- page before. Of each kind the 1000 newest matches take part; snippets are made for the page alone.
create function search_all(p_in text[], p_case uuid, p_text text, p_head text, p_last text, p_like text,
        p_rank float8, p_id uuid, p_limit integer)
    returns table (kind text, id uuid, version uuid, case_id uuid, case_title text, title text, snippet text,
        page integer, rank float8)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
with asked as materialized (
    select websearch_to_tsquery('simple', search_words(p_text)) || websearch_to_tsquery('english', unaccent(p_text))
        || coalesce(websearch_to_tsquery('simple', search_words(p_head)) && to_tsquery('simple', '''' || replace(unaccent(p_last), '''', '''''') || ''':*'), '')
        as q
),
found_messages as materialized (
    select m.id, m.case_id, m.org, m.audience, m.people, m.conversation, m.tsv from messages m, asked
    where 'messages' = any (p_in) and m.tsv @@ asked.q and m.retracted_at is null
        and (p_case is null or m.case_id = p_case)
),
seen_messages as (
    select 'message' as kind, m.id, null::uuid as version, m.case_id, m.conversation as under, null::integer as page,
        ts_rank(m.tsv, asked.q)::float8 as rank
    from (
        select * from found_messages t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin'))))
        order by t.id desc limit 1000) m, asked
),
found_pages as materialized (
    select p.version, p.page, p.case_id, p.org, p.audience, p.people, p.tsv from version_texts p, asked
    where 'documents' = any (p_in) and p.tsv @@ asked.q and (p_case is null or p.case_id = p_case)
),
seen_pages as (
    select p.version, p.page, ts_rank(p.tsv, asked.q)::float8 as rank
    from (
        select * from found_pages t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin'))))
        order by t.version desc, t.page limit 1000) p, asked
),
found_documents as materialized (
    select d.id, d.case_id, d.org, d.audience, d.name from documents d, asked
    where 'documents' = any (p_in) and (p_case is null or d.case_id = p_case)
        and (search_vector(d.name) @@ asked.q or d.name ilike '%' || p_like || '%' or p_like <% d.name)
),
seen_documents as (
    select * from found_documents t where
        exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
            and g.role = any (t.audience))
    order by t.id desc limit 1000
),
-- A document once: by its best page, or by its name.
document_hits as (
    select distinct on (h.document) 'document' as kind, h.document as id, h.version, d.case_id, null::uuid as under,
        h.page, h.rank
    from (
        select v.document, p.version, p.page, p.rank from seen_pages p join versions v on v.id = p.version
            and v.status = 'cleared'
        union all
        select s.id, null, null, greatest(ts_rank(search_vector(s.name), asked.q), word_similarity(p_like, s.name), 0.1)
            from seen_documents s, asked
    ) h join documents d on d.id = h.document
    where exists (select 1 from grants g where g.person = (select me()) and g.scope in (d.case_id, d.org)
        and g.role = any (d.audience))
    order by h.document, h.page is null, h.rank desc, h.version desc, h.page
),
found_cases as materialized (
    select c.id, c.id as case_id, c.org, c.audience, c.number, c.title,
        ts_rank(search_vector(search_case(c.number, c.title, c.intake)), asked.q) as words
    from cases c, asked
    where 'cases' = any (p_in) and (p_case is null or c.id = p_case)
        and (search_vector(search_case(c.number, c.title, c.intake)) @@ asked.q
            or c.title ilike '%' || p_like || '%' or c.number ilike '%' || p_like || '%' or p_like <% c.title)
),
found_parties as materialized (
    select p.case_id, p.org, p.audience, p.name from parties p, asked
    where 'cases' = any (p_in) and (p_case is null or p.case_id = p_case) and p.removed_at is null
        and (search_vector(p.name) @@ asked.q or p.name ilike '%' || p_like || '%' or p_like <% p.name)
),
case_hits as (
    select 'case' as kind, h.case_id as id, null::uuid as version, h.case_id, null::uuid as under,
        null::integer as page, max(h.rank)::float8 as rank
    from (
        (select t.case_id, greatest(t.words, word_similarity(p_like, t.title), word_similarity(p_like, t.number), 0.1)
            as rank from found_cases t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.id desc limit 1000)
        union all
        (select t.case_id, greatest(word_similarity(p_like, t.name), 0.1) from found_parties t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.case_id desc limit 1000)
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
        when position(E'\uE000' in ts_headline('english', body.text, asked.q, how.it)) > 0
            then ts_headline('english', body.text, asked.q, how.it)
        -- References stand apart only in the words; where nothing is marked as it stands, those are shown.
        else ts_headline('simple', search_words(body.text), asked.q, how.it) end, ''),
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
    cross join asked
    cross join (select E'StartSel="\uE000", StopSel="\uE001", MinWords=12, MaxWords=30, MaxFragments=2, '
        'FragmentDelimiter=" … "' as it) how
order by s.rank desc, s.id desc
$$;

revoke execute on function search_words(text), search_vector(text), search_case(text, text, jsonb),
    search_all(text[], uuid, text, text, text, text, float8, uuid, integer) from public;
grant execute on function search_words(text), search_vector(text), search_case(text, text, jsonb)
    to casewire_app, casewire_system;
grant execute on function search_all(text[], uuid, text, text, text, text, float8, uuid, integer) to casewire_app;
