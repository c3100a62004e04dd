-- SPDX-License-Identifier: MIT
-- The database of the demo fleet, as the bots of the fleet and its owners use it.
create table bots (
	id bigint primary key,
	name text not null unique,
	title text not null,
	transport text not null,
	is_enabled boolean not null default true,
	created_at timestamptz not null default now()
);

create table chats (
	bot_id bigint not null references bots (id),
	chat_id bigint not null,
	first_seen timestamptz not null default now(),
	last_seen timestamptz not null default now(),
	primary key (bot_id, chat_id)
);

create table settings (
	bot_id bigint not null references bots (id),
	key text not null,
	value text not null,
	primary key (bot_id, key)
);

create table messages (
	id bigserial primary key,
	bot_id bigint not null references bots (id),
	chat_id bigint not null,
	direction text not null check (direction in ('in', 'out')),
	text text not null,
	at timestamptz not null default now()
);
create index messages_by_bot on messages (bot_id, at);

-- Whoever listens hears that a bot was switched on or off.
create function tell_fleet() returns trigger language plpgsql as $$
begin
	perform pg_notify('fleet', json_build_object('bot', new.name, 'is_enabled', new.is_enabled)::text);
	return new;
end $$;
create trigger bots_switched after update of is_enabled on bots
	for each row when (old.is_enabled is distinct from new.is_enabled) execute function tell_fleet();

grant select, insert, update on bots, chats, settings, messages to bots;
grant usage on sequence messages_id_seq to bots;
grant select on bots, chats, settings, messages, messages_id_seq to console;
