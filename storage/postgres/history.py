"""A case's events as its readers may see them; the relay and the gateway read theirs in events.py."""

PAGE = """select stream_head(c.id) as f_head, e.* from cases c left join lateral (
        select tx, id, seq, type, case_id, at, actor, data from events where stream = c.id and seq > $2
        order by seq limit $3) e on true
    where c.id = $1 order by e.seq"""
