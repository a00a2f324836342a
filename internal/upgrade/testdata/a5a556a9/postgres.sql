--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: api_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying DEFAULT ''::character varying NOT NULL,
    hint character varying NOT NULL,
    hash bytea NOT NULL,
    scopes jsonb NOT NULL,
    created_by character varying DEFAULT ''::character varying NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;


--
-- Name: atlas_schema_revisions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.atlas_schema_revisions (
    version character varying NOT NULL,
    description character varying NOT NULL,
    type bigint DEFAULT 2 NOT NULL,
    applied bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    executed_at timestamp with time zone NOT NULL,
    execution_time bigint NOT NULL,
    error text,
    error_stmt text,
    hash character varying NOT NULL,
    partial_hashes jsonb,
    operator_version character varying NOT NULL
);


--
-- Name: audit_logs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_logs (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sequence bigint NOT NULL,
    type character varying NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    meta_http_request_id character varying DEFAULT ''::character varying NOT NULL,
    meta_source_ip character varying DEFAULT ''::character varying NOT NULL,
    meta_user_agent text DEFAULT ''::text NOT NULL,
    actor_user_id uuid,
    actor_email character varying,
    details jsonb,
    previous_hash bytea,
    hash bytea
);

ALTER TABLE ONLY public.audit_logs FORCE ROW LEVEL SECURITY;


--
-- Name: emails; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.emails (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    address character varying NOT NULL,
    is_verified boolean DEFAULT false NOT NULL,
    primary_of uuid,
    user_id uuid
);

ALTER TABLE ONLY public.emails FORCE ROW LEVEL SECURITY;


--
-- Name: flows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.flows (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    data bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.flows FORCE ROW LEVEL SECURITY;


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    hash bytea NOT NULL,
    request_hash bytea NOT NULL,
    status bigint DEFAULT 0 NOT NULL,
    answer bytea,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;


--
-- Name: identities; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.identities (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    provider_id character varying NOT NULL,
    subject character varying NOT NULL,
    saml_domain character varying,
    claims text DEFAULT '{}'::text NOT NULL,
    email_id uuid,
    user_id uuid
);

ALTER TABLE ONLY public.identities FORCE ROW LEVEL SECURITY;


--
-- Name: job_parts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_parts (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    kind character varying NOT NULL,
    number bigint NOT NULL,
    data bytea NOT NULL,
    job_id uuid NOT NULL
);

ALTER TABLE ONLY public.job_parts FORCE ROW LEVEL SECURITY;


--
-- Name: jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.jobs (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying NOT NULL,
    state character varying NOT NULL,
    options jsonb NOT NULL,
    created_by character varying DEFAULT ''::character varying NOT NULL,
    source bytea,
    total bigint DEFAULT 0 NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    rejected bigint DEFAULT 0 NOT NULL,
    cursor character varying DEFAULT ''::character varying NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.jobs FORCE ROW LEVEL SECURITY;


--
-- Name: metadata_members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metadata_members (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name bytea NOT NULL,
    value bytea NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.metadata_members FORCE ROW LEVEL SECURITY;


--
-- Name: one_time_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.one_time_tokens (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    hash bytea NOT NULL,
    purpose character varying NOT NULL,
    identity_id uuid,
    data text DEFAULT '{}'::text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.one_time_tokens FORCE ROW LEVEL SECURITY;


--
-- Name: operator_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.operator_tokens (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying DEFAULT ''::character varying NOT NULL,
    hint character varying NOT NULL,
    hash bytea NOT NULL,
    scopes jsonb NOT NULL,
    created_by character varying DEFAULT ''::character varying NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    tenants jsonb
);

ALTER TABLE ONLY public.operator_tokens FORCE ROW LEVEL SECURITY;


--
-- Name: operators; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.operators (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email character varying NOT NULL,
    role character varying NOT NULL,
    tenants jsonb,
    user_id uuid,
    invite_hash bytea,
    invite_expires_at timestamp with time zone,
    disabled_at timestamp with time zone
);

ALTER TABLE ONLY public.operators FORCE ROW LEVEL SECURITY;


--
-- Name: outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outbox (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    kind character varying NOT NULL,
    ordering character varying DEFAULT ''::character varying NOT NULL,
    state character varying DEFAULT 'ready'::character varying NOT NULL,
    payload bytea NOT NULL,
    available_at timestamp with time zone NOT NULL,
    not_after timestamp with time zone,
    attempts bigint DEFAULT 0 NOT NULL,
    last_error text DEFAULT ''::text NOT NULL,
    done_at timestamp with time zone
);

ALTER TABLE ONLY public.outbox FORCE ROW LEVEL SECURITY;


--
-- Name: passcodes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.passcodes (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    flow_id uuid NOT NULL,
    purpose character varying NOT NULL,
    address character varying NOT NULL,
    code_mac bytea NOT NULL,
    tries bigint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.passcodes FORCE ROW LEVEL SECURITY;


--
-- Name: password_credentials; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.password_credentials (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    hash text NOT NULL,
    format bigint DEFAULT 0 NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.password_credentials FORCE ROW LEVEL SECURITY;


--
-- Name: recovery_codes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.recovery_codes (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    hash bytea NOT NULL,
    used_at timestamp with time zone,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.recovery_codes FORCE ROW LEVEL SECURITY;


--
-- Name: revocations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.revocations (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    session_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.revocations FORCE ROW LEVEL SECURITY;


--
-- Name: revocations_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.revocations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.revocations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: saml_certificates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.saml_certificates (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    certificate text NOT NULL,
    private_key bytea NOT NULL,
    state character varying NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.saml_certificates FORCE ROW LEVEL SECURITY;


--
-- Name: saml_providers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.saml_providers (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying NOT NULL,
    entity_id character varying NOT NULL,
    metadata_url text DEFAULT ''::text NOT NULL,
    domain character varying NOT NULL,
    enabled boolean DEFAULT false NOT NULL,
    skip_email_verification boolean DEFAULT false NOT NULL,
    attribute_map jsonb,
    metadata_xml text DEFAULT ''::text NOT NULL,
    metadata_fetched_at timestamp with time zone
);

ALTER TABLE ONLY public.saml_providers FORCE ROW LEVEL SECURITY;


--
-- Name: saml_uses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.saml_uses (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    kind character varying NOT NULL,
    digest bytea NOT NULL,
    data text DEFAULT ''::text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.saml_uses FORCE ROW LEVEL SECURITY;


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    user_agent character varying,
    ip_address character varying,
    amr jsonb,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;


--
-- Name: signing_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.signing_keys (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kid character varying NOT NULL,
    alg character varying NOT NULL,
    state character varying NOT NULL,
    public_jwk jsonb NOT NULL,
    private_key bytea NOT NULL,
    seal_version bigint DEFAULT 1 NOT NULL,
    activated_at timestamp with time zone,
    retired_at timestamp with time zone
);

ALTER TABLE ONLY public.signing_keys FORCE ROW LEVEL SECURITY;


--
-- Name: tenant_config_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tenant_config_versions (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    config jsonb NOT NULL,
    changes jsonb NOT NULL,
    actor character varying NOT NULL
);

ALTER TABLE ONLY public.tenant_config_versions FORCE ROW LEVEL SECURITY;


--
-- Name: tenant_domains; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tenant_domains (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    host character varying NOT NULL,
    challenge character varying NOT NULL,
    verified_at timestamp with time zone,
    created_by uuid
);

ALTER TABLE ONLY public.tenant_domains FORCE ROW LEVEL SECURITY;


--
-- Name: tenants; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tenants (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    slug character varying NOT NULL,
    name character varying DEFAULT ''::character varying NOT NULL,
    status character varying DEFAULT 'active'::character varying NOT NULL,
    status_reason character varying DEFAULT ''::character varying NOT NULL,
    origin character varying NOT NULL,
    config jsonb NOT NULL,
    config_version bigint DEFAULT 1 NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    purge_after timestamp with time zone
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;


--
-- Name: totp_secrets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_secrets (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    secret bytea NOT NULL,
    last_validated_step bigint,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.totp_secrets FORCE ROW LEVEL SECURITY;


--
-- Name: trusted_devices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.trusted_devices (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.trusted_devices FORCE ROW LEVEL SECURITY;


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying DEFAULT ''::character varying NOT NULL,
    given_name character varying DEFAULT ''::character varying NOT NULL,
    family_name character varying DEFAULT ''::character varying NOT NULL,
    picture text DEFAULT ''::text NOT NULL,
    username character varying,
    username_id uuid,
    username_created_at timestamp with time zone,
    username_updated_at timestamp with time zone,
    public_metadata text,
    private_metadata text,
    unsafe_metadata text,
    blocked_at timestamp with time zone
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;


--
-- Name: webauthn_credentials; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webauthn_credentials (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    credential_id bytea NOT NULL,
    credential_hash bytea NOT NULL,
    name character varying DEFAULT ''::character varying NOT NULL,
    public_key bytea NOT NULL,
    attestation_type character varying DEFAULT ''::character varying NOT NULL,
    aaguid uuid NOT NULL,
    sign_count bigint DEFAULT 0 NOT NULL,
    backup_eligible boolean,
    backup_state boolean,
    mfa_only boolean DEFAULT false NOT NULL,
    transports jsonb NOT NULL,
    user_handle bytea,
    last_used_at timestamp with time zone,
    user_id uuid NOT NULL
);

ALTER TABLE ONLY public.webauthn_credentials FORCE ROW LEVEL SECURITY;


--
-- Name: webhook_deliveries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhook_deliveries (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    message_id uuid NOT NULL,
    endpoint character varying NOT NULL,
    event character varying NOT NULL,
    ordering character varying DEFAULT ''::character varying NOT NULL,
    state character varying NOT NULL,
    payload bytea NOT NULL,
    attempts bigint DEFAULT 0 NOT NULL,
    last_status bigint DEFAULT 0 NOT NULL,
    last_latency_ms bigint DEFAULT 0 NOT NULL,
    last_excerpt text DEFAULT ''::text NOT NULL,
    available_at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone
);

ALTER TABLE ONLY public.webhook_deliveries FORCE ROW LEVEL SECURITY;


--
-- Name: webhooks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhooks (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    callback text NOT NULL,
    events jsonb NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    failures bigint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    secret bytea
);

ALTER TABLE ONLY public.webhooks FORCE ROW LEVEL SECURITY;


--
-- Data for Name: api_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.api_keys VALUES ('01a228e3-5752-71d7-9142-704e184cc98f', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:37.392142+00', '2026-11-29 19:58:42.621162+00', 'back end', 'lka_…Asky', '\xaa5b87119b624f50c274af5d818f8aff3f6cd1dbb7b1872e8605a490c73f0957', '["*"]', 'cli', NULL, '2026-11-29 19:58:42.618789+00', NULL);


--
-- Data for Name: atlas_schema_revisions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.atlas_schema_revisions VALUES ('20261124000001', 'init', 2, 101, 101, '2026-11-29 19:58:36.415915+00', 566081, '', '', 'IX4aYEmToIfKZ7J6bWo/P4Jxpxiux3FI2LuaQyk208A=', 'null', 'latchkeep');
INSERT INTO public.atlas_schema_revisions VALUES ('20261129000002', 'confine_jobs', 2, 8, 8, '2026-11-29 19:58:36.772317+00', 112875, '', '', 'ct65f2cNZHF/eWFZOvR1NxfGDA8n5lQi/vWD1PzImXM=', 'null', 'latchkeep');
INSERT INTO public.atlas_schema_revisions VALUES ('20261129000001', 'jobs_and_search', 2, 18, 18, '2026-11-29 19:58:36.747199+00', 2259876, '', '', '4N43UaPRPFjL/P/ihpRAs3Xf4htsHpoqVnBoyWLRrUc=', 'null', 'latchkeep');
INSERT INTO public.atlas_schema_revisions VALUES ('20261124000002', 'row_level_security', 2, 54, 54, '2026-11-29 19:58:36.569521+00', 265523, '', '', 'AhVs6N+g525OVN4jDeFIIjhuMoRwCyWtPXCaScOam6k=', 'null', 'latchkeep');


--
-- Data for Name: audit_logs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_logs VALUES ('01a228e3-5f5b-76dc-8150-3248cf0b8667', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.327639+00', '2026-11-29 19:58:39.327639+00', 1, 'user_created', '', 'FTTTWMAMLYTYNALO7SBRYRHRSKFINLCP', '127.0.0.1', 'Latchkeep tests', '01a228e3-5bbd-765f-952d-0b31eba73f5f', 'k*****@shop.example', '{"flow_id": "01a228e3-5b95-7b7f-9062-6d5d4869c39b", "password": true}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-6264-7aba-a264-91caffd2ded4', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.2096+00', '2026-11-29 19:58:40.2096+00', 2, 'login_success', '', 'Y3F7EKXWMO4GLPX772FPT3PZKZODH4WR', '127.0.0.1', 'Latchkeep tests', '01a228e3-5bbd-765f-952d-0b31eba73f5f', NULL, '{"flow_id": "01a228e3-5f73-781d-868e-1cc5c050fadc", "login_method": "password"}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-642e-769f-a8ba-e9dfd74b4693', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.658915+00', '2026-11-29 19:58:40.658915+00', 3, 'user_created', '', 'DDUCIL7FQ4CZPVYYBRHPCPF3N27NU4WH', '127.0.0.1', 'Latchkeep tests', '01a228e3-62c4-7680-8acf-08f26e600a14', 'p*****@shop.example', '{"flow_id": "01a228e3-62ac-73bc-93a4-45588bd8a8e0", "password": true}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-6523-73ec-8864-b276866104d1', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.921449+00', '2026-11-29 19:58:40.921449+00', 4, 'security_notification_sent', '', 'LHTEWMSQNJ2AHRGKU6TWIRLENO452B6A', '127.0.0.1', 'Latchkeep tests', '01a228e3-62c4-7680-8acf-08f26e600a14', 'p*****@shop.example', '{"template": "passkey_create", "email_address": "pat@shop.example", "delivered_by_hanko": "true"}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-6523-73fe-abd3-637fa72c08ad', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.921469+00', '2026-11-29 19:58:40.921469+00', 5, 'passkey_created', '', 'LHTEWMSQNJ2AHRGKU6TWIRLENO452B6A', '127.0.0.1', 'Latchkeep tests', '01a228e3-62c4-7680-8acf-08f26e600a14', NULL, '{"flow_id": "01a228e3-64a3-7c31-97f8-b683d27cc7a6", "passkey": "THfZSL-3RXN8tzQKZDnk8-ctVs89uF0SS_wiZfek3nU"}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-653a-783d-accd-32677aa1c9c8', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.952174+00', '2026-11-29 19:58:40.952174+00', 6, 'login_success', '', 'HO6GTULJUGRWQHOA4MVAHX32FENL7YJR', '127.0.0.1', 'Latchkeep tests', '01a228e3-62c4-7680-8acf-08f26e600a14', NULL, '{"flow_id": "01a228e3-652e-785d-a04f-6bf6e2236193", "login_method": "passkey"}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-6871-7cb7-b237-b0d2671b7511', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.769612+00', '2026-11-29 19:58:41.769612+00', 7, 'user_created', '', 'XJI5ZIP27D77Z6JMZYJLNQVM5ACYR7ZT', '127.0.0.1', 'Latchkeep tests', '01a228e3-6544-7671-8f4f-a0f5e002067d', 'a*****@shop.example', '{"flow_id": "01a228e3-6540-7a68-bf59-6390cf2219b8", "password": true}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-68d3-71e6-bbd5-112e9dc7500d', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.842107+00', '2026-11-29 19:58:41.842107+00', 8, 'security_notification_sent', '', 'FJZAC4XNMSZ2GVPY4MFARN3Q67LCRVRJ', '127.0.0.1', 'Latchkeep tests', '01a228e3-6544-7671-8f4f-a0f5e002067d', 'a*****@shop.example', '{"template": "mfa_create", "email_address": "ann@shop.example", "delivered_by_hanko": "true"}', NULL, NULL);
INSERT INTO public.audit_logs VALUES ('01a228e3-68d3-71fb-bfe9-e31bf4d83032', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.842149+00', '2026-11-29 19:58:41.842149+00', 9, 'otp_created', '', 'FJZAC4XNMSZ2GVPY4MFARN3Q67LCRVRJ', '127.0.0.1', 'Latchkeep tests', '01a228e3-6544-7671-8f4f-a0f5e002067d', NULL, '{"flow_id": "01a228e3-6877-76e6-83dc-2ca40e5a5601", "otp_secret": "01a228e3-68b2-7202-bb2f-cfd0b665fef3"}', NULL, NULL);


--
-- Data for Name: emails; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.emails VALUES ('01a228e3-5edf-799c-a90b-6727ba94b9e1', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.327626+00', '2026-11-29 19:58:39.327626+00', 'kim@shop.example', false, '01a228e3-5bbd-765f-952d-0b31eba73f5f', '01a228e3-5bbd-765f-952d-0b31eba73f5f');
INSERT INTO public.emails VALUES ('01a228e3-6412-7dc3-9165-71f2649b75e8', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.658898+00', '2026-11-29 19:58:40.658898+00', 'pat@shop.example', false, '01a228e3-62c4-7680-8acf-08f26e600a14', '01a228e3-62c4-7680-8acf-08f26e600a14');
INSERT INTO public.emails VALUES ('01a228e3-6869-7932-81f1-7eb49c1f0a8f', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.769599+00', '2026-11-29 19:58:41.769599+00', 'ann@shop.example', false, '01a228e3-6544-7671-8f4f-a0f5e002067d', '01a228e3-6544-7671-8f4f-a0f5e002067d');


--
-- Data for Name: flows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.flows VALUES ('01a228e3-5b95-7b7f-9062-6d5d4869c39b', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:38.529739+00', '2026-11-29 19:58:39.341079+00', 'registration', 2, '\x0132ac6536c60c9ee4fa9a73b168487afb80a3d8f8b1d97831e36d5da6a08a6dd00b61370bd129c530ff401d62c861b9f762530f951c8d5c4fe45318fde9f6069009869bf5c4084a2052dabcada7fa1faff69c1c8fa89a6be68c5033bc1a1ddbdf7e43b23ebc9c44fbdc20bb41a0a2ac446f8ab640dd7c6027fb04d3dcaa7a22ef340d21cfd59a29d0f6d329ff0653ddc16a2ad021e1996bc1034445b4264feea499ce855725203521c9a6fce7e593356198f517cb0cefcb69197659ed93aca8f82296feb2874655ae3b47c9398bc84725b6e12dd3c44d13de804b', '2026-11-30 19:58:38.485748+00');
INSERT INTO public.flows VALUES ('01a228e3-5f73-781d-868e-1cc5c050fadc', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.530731+00', '2026-11-29 19:58:40.209821+00', 'login', 1, '\x0132ac6536389b5098f0275e1935012c528addecf8f514e7479d32c36d080d5b8bf8d5244f3135b1157f6eee15047c2361a4118d7b4f0268625fbcfe7708c8dd92c338a9b26740e426a206b116aa818443ad87f95e33bf076291f4613f4a500c4f880c03b148d739ef888d34e4690b09377163bb82010639b8127ab52a7a01242f4304dd830cc61323819b3ef93e6ad128dd77792f2597dd895fa360250c6ecb9e66ccc89e47f7407f7ac092f61e92fb06272340646d63836f8c0768787c40d0ca1240acee9f332e7dcd0d1afff295ae', '2026-11-30 19:58:39.475529+00');
INSERT INTO public.flows VALUES ('01a228e3-62ac-73bc-93a4-45588bd8a8e0', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.327073+00', '2026-11-29 19:58:40.666398+00', 'registration', 2, '\x0132ac6536f5bd424f5742ef7135707908c5b2c237c3309fcbd509f6236480071cf0642c710397798e60a61e9decb8bacea23b34c871ef01da452bf18405e033f6cef2e5ceb5953433ed76d1b469668420afd8fbb4f7359985703222ebd61cd57070697c51318b22a8b41efeec50cb7bdc28f1b336a1d92997248255d989e43982b033141a5ab922b024a3d975e4ec6dca51e7e227de7f5d21b760f0637d94cde4171203b43f7ff66e0167ba970c95bc6fc7d6c25733e6af18af4e69ac5fd31487bfa7e207554cea678b63c63c85f68f55f142b7911e2cd3d73312', '2026-11-30 19:58:40.300242+00');
INSERT INTO public.flows VALUES ('01a228e3-64a3-7c31-97f8-b683d27cc7a6', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.909813+00', '2026-11-29 19:58:40.92439+00', 'profile', 1, '\x0132ac6536cb6742e70732c307da74dfd13f37d008ee4603a1376283ec5324469d1d734a850f2ad50c86c1e9f683bb51a7b691cd5b7d9cec30efca8cd6452faa3d0050b6ef0a4857162f4e490e3e210e57a219c926534fa202e8490ad52778102972742b9a4c511be1c9698cf099d254b5451d8dc0d746e16bccd7f29e3c4923a5ac8b27b3169c62ee163c41f31ed1fc41289e6ab545794d742d83b16b5f196d1f776c2ad2a0aa4622c2efb6081561ad7b326b6f0f83f670f4b4c361f94a1f18673b4c7e62513484b89fd4f2c20a44c0c18ea9363c453010b68ac5795168f0edf5dd76b16eba553f4e8c2209b44703e26b6e4600a58c0a04157ee51b0de0365ece27fea6607d8cfce965b5d7144b942d6de24017218f1e80718044083a519bdd8191944586906876e2bab608cae5fe8c637a2955c391b61e7a3d2c6d3355d49082ec49f257441095be8ef6fce8a41be74976954681210b5366dbb5bace598a9f6b67a64980c07b19644a8173cdc0a3f7d87f1ef3a6d4d8a3ccf87c015bf9ce8945a4b6a4fccaeb8dcfb4ebc65956270060d1683781b16bc7cebc2cccdfe65a59e9c375ba51d3d3', '2026-11-30 19:58:40.803794+00');
INSERT INTO public.flows VALUES ('01a228e3-652e-785d-a04f-6bf6e2236193', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.9463+00', '2026-11-29 19:58:40.952414+00', 'login', 1, '\x0132ac6536af1e9933e9316a5f82ea4559a9367bc239b8c8f2852cbd2d4fd6191ba12c2ffebe88ddd020a81d3303075fafe1cf2c7d8f4f72c0b39cba6d12d66c0168f27185d65fb295d3b767f990fe35a2b917ee1cbd4dcdf61492835ef89c9dba24ff5bda7966a4eabb1aa241ed78a4036da3a7782c1a062e04c3c58e3f737e408ecb0405bee1725caceb95c5a115682a4259784311da75555da3ff1d4c897a3a1702554d22399de7746949975a9369c34b3581931e49317b0534c14d1603c437923239e9387cb7994e641550edf8', '2026-11-30 19:58:40.942546+00');
INSERT INTO public.flows VALUES ('01a228e3-6540-7a68-bf59-6390cf2219b8', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.971578+00', '2026-11-29 19:58:41.77073+00', 'registration', 2, '\x0132ac6536949891636716449f73dbd73ac83c6f25f13c187d86221cc2993ba3b9405c53a14783edfd22da6d54344ae9b1fc3d3dbbefe2de7de9511aea1d03c1b1218a6537b699d988892e54ab380b003d47fabf643d39dfd1038129978d57e11adcf909022f4714c61ebe9066a8e32d66fd198ebf0366d3d066de9208b6886b60be55d6fd5b865191b92d0cbaebd69508a57ed023a865b9f300003673d7a402f8427658394c71e2d088abfa50f0eacef92da40d944b98d4747a731e1fbc47cf92b44bbbbf950ad3a800af6854e0d0a6ead6d87d6f9ff36f542475', '2026-11-30 19:58:40.96068+00');
INSERT INTO public.flows VALUES ('01a228e3-6877-76e6-83dc-2ca40e5a5601', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.818284+00', '2026-11-29 19:58:41.843649+00', 'profile', 1, '\x0132ac6536f5860fc8cd497ba4ec38a0da623aad25e92aa46950a8d9160cfb03e909bd9bf76dc2cc99875ab90153b0c5fb9377946cea564e5391e4fc9b6047a271729dd9eda53cca801260afb5b060111fe3f69f12895b525c4c71dbd5df8dc74ab1acc7a5ffc78bfec5328f659360646a11a522503dd39e65eb6ea5b71f05762e233c64228ee98d8e70d8de0d07e0bb37c1a6e224bd12c730f87ca86bb8af0eadb1c0560a279204da34812072a0aacc34c1bc9d0d1631d50b305f7dc4108d8f3052fce5c42d475eb575e4e8623374317c4e640663f8dee03be26d24345e73b4914f62f10cdffa6f63a7b0fea7479ada78a01b02bf69c7493598a9fd4e423ba3ceb939fefc5b30048ce681ff816b82f547986f85fe5fb390f505e424f3a5711c31a95d84c680d5aad83b95465e7445c7d90e0a963cb85e15ba170765b4bfc32b94432fbb0efb9906e33e7b06ba55accf09642178c7b16b1299bffb24ded60eb861dae60788ceb974f65cc457467274d2b363a0a1644423101b11ba286404610717f9cd688c7b772da39e06850ca303aea85d048b03', '2026-11-30 19:58:41.783449+00');
INSERT INTO public.flows VALUES ('01a228e3-68e0-76e9-9f9a-d5e633a0b0c4', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.891687+00', '2026-11-29 19:58:42.553651+00', 'login', 3, '\x0132ac6536004ef9b46e625554bd7959798f29487b33315db32951929fe900000ec9ce0946499ff1d2951c27282dd171c17dd5056d9ca1014abef8d6f39122b852df11837bd4587497e8f95c4868f0b9a776bc04ac41babe53451723cd19d30b63f7672f2b8dfc4db4999bed1829cfddb707f19d51066e7046237867651e734851763f8cba2c2e0fa7438e10c248e1fec5dcb87a095579bcd6d7772ec4db328c3fc7e484b74b9f4e86910074bedb028040e1a1a76d3487bc3373063d3792c65426aa11f6285153f7ee64e56d3ae0', '2026-11-30 19:58:41.88845+00');


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: identities; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: job_parts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: metadata_members; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: one_time_tokens; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: operator_tokens; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: operators; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.outbox VALUES ('01a228e3-5f5b-773e-86fa-88676b9ba71a', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.451442+00', 'webhook', '01a228e3-5bbd-765f-952d-0b31eba73f5f', 'ready', '\x0132ac653627bd5ec388da15538374f0d97c88c74f108a5a0cdddcc124912bc851612d452307b3ad8432a6a58fc3e6f24ce841e39dfbc737a980d37dd164bfada2578b893e2717b597c45ddb0fee8870a31401541a53b21f82e56dd511faa67eda04ce24d3eb2d79fe63f3cb19952c323a803389a3b79379a749f4dbf6441fa5d85a7f144386d852d66770de94e052438272bdb33de9636d964b2b703a7988721de13fd48440d4ece707c56d5113338d148a374df01ab6ba9b992ec62c8ebe06613db36432da4d3c06f055cd9e64ccf3bf2fd630a490db480b1008b4320a33d16ed5295aa01ea5c76fe537a46fc3c58cdb40aac0268861ce48a6a3576ad18efa4c940d9803b555cb38306d1a3338ae47fc7b5b0ed9b33cf68d5d2c8aa7fe63f248ebc0954d9f5ea1f9afbbd2b80a4e50d72e44b8faad73d7babf6a2b738dc569b476482205b6f287cf650b8c0f5b378fff56be3f1149acff13db9013364ed049410d3579dd7cd635e9f4f00024f4eba587fed6e24b697688fb86455c3dabe806eb7244efa31ac50a3ed3dfbbf2975dc1d85788f4af22593829f3c932101375c967a76cab7f5363c0a4a1a76848a5c87478876829170723ad9077fc847bc24bd26ee68d7a1733a524d6262ab79d3584848fc1a6ef0018a4cc04c389d7d21da234ea736f20dd3d311abf12a862152abdc0b85fe77299002fa3ef3e55ee643dc617887c3ed244141c80eb384a1253483af8d2bfccf85dd1cfdd420a55c81507af0ac83153db23a3bd180f990035a1fc27f8ea3f5b744c958158019b76628185ef07b00aa978785596197edb8704d0a69cbfb8d5de27473e26269a7539c9940f02de183e9240aa66e21f74b19f39e6d10e78132483243e2d7ef9b577c25f36cb722078f2ff083b9361181b8c413cd16a82a867a8b328d12117ec71bfda08eabd0010b160216bc60cb73614195142229b8a3fdd8fac560d11306ee5d321996463cd498a', '2026-11-29 19:58:39.451442+00', NULL, 0, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-6523-73ec-8864-b276866104d1', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.931238+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:40.934326+00', NULL, 1, '', '2026-11-29 19:58:41.269934+00');
INSERT INTO public.outbox VALUES ('01a228e3-5f5b-76dc-8150-3248cf0b8667', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.451442+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:39.47455+00', NULL, 1, '', '2026-11-29 19:58:39.577774+00');
INSERT INTO public.outbox VALUES ('01a228e3-6264-7a49-b72c-a7fb37514a01', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.228668+00', 'webhook', '01a228e3-5bbd-765f-952d-0b31eba73f5f', 'ready', '\x0132ac65367fa5f6d199fe142854ea362b25bad9d2f80a4fcf5c55d008a88fb57741cf28f177700b8b7e1762d4f3578742e49d30f95ea34482042b6cd32db5eb8dcefec1fb602c890f425d090437dbcc5527f9cf0573e756b5e7d073681346badf4d109da088a6e9164b3e94de1b55675e3cbbfc097429664dd4bc2800a30934d774834187a942eff316bda53357fb29b662d8ca6d18075afc09aed6e5c06103911dcd460ca9a78a5ccc0ed17688cc6cedc2d2fd7a85a57e45bb617f79cdf1b1bfc56c1febd8a404cd17fab6b093fff939c41c2b969800d54b49375898a7cbb94416a90cfb457b6c5263c0d46777da7cf7dd27ab4f68fef0f7cc3473c153479c58fc501737f104e268eac7e8544f44bf1500b63709309ef55b629d7432a6d380bcf6fe406535a0a93713d0184fef9cc73279bd371e186ce00b1bd53e72575353dafbbc26453dc6b924b98f27caaeff73138e56d85a1986e0a3e4e7a7f63f5cd6078487dc29fbc2b31a3cee6b036c64d983a2f2807da8c7d6bd22befa1142300ef058a772071552b28f4e78f29b22980e89e4f34228146e025ba4f48adb29d31e5dfc6c822ae8bbb7998c2da6f523fd80d59cf28f92594668caeb3b29beaf0973880244a9471f0f8fd8cad715748e0f00e03469405eac0b1f9cebce2c15adda4d7d10dce29a420ceba8d7cca30818a36931680b56c475f355f27d17108a39675a40207e82e1b3c5fcca3df3d86c3c74a57ec1c999606db0acb3cf6537f402952e6b5386b108690038597da320f93467e641f1d137dc8d9db6f3034b06af56a35b4e7b291cd8b7294dcdcad49dd03a8e2e1553d60b7574fe102fa020065c2a0795b3a3e1e97b167109af3e9f74b99b9decc40891bc9ecadc3421878d97e0e2e6dbebe4d791902328c885919d9ba845e70b0e2ffb0d62e150c5a82ec634e2a75ef1a079b27fe48e8ef6646f0ae08fe6f268d56152f2bc4b930fe91f9427be0a6d6a', '2026-11-29 19:58:40.228668+00', NULL, 0, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-6523-73b0-bfd3-98e75c61530e', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.931238+00', 'mail', '', 'ready', '\x0132ac653693b1e293d171c15b635d775653c244113e7f01cd96679a886a04356f11ca57b79dc1c3e72f1abb759eb818fbbce6574e6053da4d1b76fda81bba85a23f883c5ab2271310e836dc5443d8c58b0e53dbbea0003e7930b49debf5e91debd3dd8c90ac14f2ffca173778d39d0c4c72', '2026-11-29 19:58:47.287997+00', NULL, 1, 'mail host mail.invalid:465 cannot be reached: dial tcp: lookup mail.invalid on 10.255.255.53:53: no such host', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-6264-7aba-a264-91caffd2ded4', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.228668+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:40.235156+00', NULL, 1, '', '2026-11-29 19:58:40.260769+00');
INSERT INTO public.outbox VALUES ('01a228e3-642e-7703-ab3a-3819118eb98b', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.686428+00', 'webhook', '01a228e3-62c4-7680-8acf-08f26e600a14', 'ready', '\x0132ac65366c64f5ada9b26edc81a566baf69a237aa9645e8b47ceacdb9d2c47a71c464d99535d50fd0e79035bbaca77de34ad91619f50f7f2817e283baf42825632000387568232afacec9b5b40c62da08b97dc17b93b019d0a13fb2b1daba3b37afcdc177fd24fb9cc09d364e549f9d08fd8d4aa3e9dcefbd830f877a37dcae1ba1d3819f42a94a806992fa94ede41cb96656f9b72eed9036e24d0e6319964ff24a221e772adc74642411722135bf31f8f2292de899b7e8eece53ffccdb51da2d946296cc640cf14932bdba8eaad93573ff96d589eba1931bcf81fbd0a9179eb408864c8e630111471295529dc5fdc525d8896d877782ed7e10ba3e8a109d88ba3ef0cbb521a235c786b1b5c8463d72c2e9ea2487c08c3f66186e72250ab63229a867ffa0fd992c0abdd441f28015e11cefc5d38d4ff3f7ae5499f92e3e79cb242cd4d9547aeb35e54da9644c44e864c07ebdfd6aefbea36d277ae5b2e8d2348e4413d71c327ffb584dbb2739cdc019936f7efb699887de7358ea54aec88f5371e980d047b3e453288ea107d3588c96ca75c03de73513a3a603f08343d7b44a74708c0bd17ccba65414d9f32c24f251655297a729e8dd3e42d215772175537f84a280e49ca7ea4e8cbdebf442c6612cfb8665f26f12ab76037721be7db58e60245527111df00e24e05ccd76afbbe0924127702a262da1eab1bb1728d55fc612e84ec06241c372365b2c20ff5a6675f6b10b3dc1ebbbc0b034ac5a1816a40835c1b3f41c3384c23e280c8839061f73aa1cee2f1eec0fa94ea1624e79466bbd5aec3f10353da5053f1406a493c1cb5e8ad6bed4b3b9344e2c8ab9e7a77968c393a8118f840fde2f3d9b741633a9ac93f7428a4e1a504d00a1ae4a9f9b679f816859bda8077c90f397b4be48d464575d38b09a18e40520a7286771f994c5cfc5e9ee428754e5575054cd662d174bd5fdde38d0e85587b039d01f6160e045f737868', '2026-11-29 19:58:40.686428+00', NULL, 0, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-642e-769f-a8ba-e9dfd74b4693', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.686428+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:40.687745+00', NULL, 1, '', '2026-11-29 19:58:40.983644+00');
INSERT INTO public.outbox VALUES ('01a228e3-6b8d-71b7-b148-133f9ee71711', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:42.573108+00', 'audit', 'audit', 'ready', '\x0132ac6536cb3cf6cf046f96a9f16adebb29a211fb299879716baa4c150ac4f453b9daf596ed4f89a6321acd60f1da5e073d00ab57331e61959b5f48ab87aef8d77ed83f8afcc6048ca5529ee02af8facd86d3338d7a5f791c81e36d0af80e99c1f3838d2178a7fcb5f347da969f4064979832e76eb5d809378f2f3cab0df94219e047ecce034a1db03b3d741d82eeeb4f5fe4cf7f44ff0cdd5e9e6c5acc7b86059660d434a8901801331735c941531bd9c7036a9d21c1698e7239105e93c079c373cb3287d647a61635bf9bd1c927453d51aec5aa8522913a3f083baab381d98b6bd3130684016802f232b14d9cf8abf0fa67a17dbf606461062b0efcfe29ac8d4676a2874bf40e49a5618aefddbb6a425dfa7ba356df9df4678116a484fdacd08347e64040742643b7e17cb4c2abc99fe4eccceb7c8d428ce5835fa7a00f2c1f04fd2cb26d1c5a6b39f6bfb77e84f4e5edd52f55ef', '2026-11-29 19:58:42.573108+00', NULL, 0, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-68d3-7179-89ba-292d061bfce3', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.875088+00', 'mail', '', 'ready', '\x0132ac653679ed4887f7864b6787dbc4cd8d5bf7770e09024495d81079a7c8954b435a860982d9e4f0f82441e9bbee2b935309d2a09c998e06c153362dd66f2b26da3eda723587554f2afba999e57c3b02e4fc60f506f941e1d69cb286c2f5f8307a8b6e6a0d7e2335e3155149ab', '2026-11-29 19:58:47.209663+00', NULL, 1, 'mail host mail.invalid:465 cannot be reached: dial tcp: lookup mail.invalid on 10.255.255.53:53: no such host', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-68d3-71e6-bbd5-112e9dc7500d', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.875088+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:41.881662+00', NULL, 1, '', '2026-11-29 19:58:42.129477+00');
INSERT INTO public.outbox VALUES ('01a228e3-68d3-71fb-bfe9-e31bf4d83032', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.875088+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:41.881662+00', NULL, 1, '', '2026-11-29 19:58:42.129477+00');
INSERT INTO public.outbox VALUES ('01a228e3-653a-7803-be25-d3e94e7111d7', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.954522+00', 'webhook', '01a228e3-62c4-7680-8acf-08f26e600a14', 'ready', '\x0132ac6536b0ff9338101865626e3856eafcee489a2418df728c98bb1567f38fa8cba45427332c6eca0acda8b32970df739bb406eb73ad11dc387409f09244e3f3e531c56efba822eeff3feb95409f0dbdfb384af935088fb4ac90974ffae9177fa1c63064668d7c9fce010949c1847934fb4e0d31459a1bf7e001b66c2ef3ab38d7db7ba415f0b6055ef3668a1741e111c5d8ab3d16707aad12735bad409fa120c2d243f912465e932cbe8563ad37ce8b2e10c4aba26b4b02bc5f56bc98aaf3eafb3e64d6ecfe7041a62d7fc1efe4dc3f7f8c078919751b91b29336b1d2a37ea064d6809824b98865c1210a28d75eafddb9df648dbe1daf24dd2198fd0835d4bbee0481a57aa1e7b83dd2eb26c9a6baa767fa81a646d8e4b2b5180145910db003706f069ef9500539baa69656bcc1e124969209161ec780960194b278c7faf64ea4554be8c809cb9d564970a632198776284d94fd6e81bf8a92f25af2ea561c40a986b71e025888fd1389e954bd7ec2d00c207d2c8ed65ace173f2b31014297d0565c9689c98c1209ac7cd6d984dd0e9c5237f4f744fa6b0777603627699dd3e2efca8d553e39768b4bd1493edb29429ec42161f64363935ceff5b6a18e0178884a0808cad5baf450061348871f1b998bc4a60c6f77bddd634aa30d5f9f0f2cbf47db9b6e1044f5d91e2a8d69edbf1fcb50947de8d6693190211393ea519fab7cb49b2d8499a0531258293581e6ff1bb824a803a80aa856d4cf50e9a1239626731057b72eb7fd1d5ca4f70b6d0150ab69897ff037205cdf9481bed3594fa0ce27a6d0f87b80f193aaa113df540e267f31ddbbf259acfa30e4e084a35969a9a495b2be36f6fcfc37cabc834b6785d11cd1c585fb959242569740d39decb07a192eec1acb7dd704da1ca80c49d4461f4951e2fd22a90cf062d5e3f22a248e78c0dec808273832444b75fc9aba4f1132fbe63da228f3ceece0f99693a058cc75c4ba391de5c28642535f7cdab9a69adf70b2393de0e964544711dbe0e83566f239e8c7e3e8e266d18d78d4a4d13d2994c93fbf131951d947f527152f5847671e84fa3329d82d0e9477bb8b223ea2fb461bbcf99a6946ecac8663a47eb1e7e627bb6491da3d8ac6cb9183b3b5c65446027bfdba7982d07e1e744aee0b17c985df87a08b449c4c97ba1388c715743eef6cba0abc48f608899a95fccecdb86b7c0a2940c63ca752b13898f08bcad82b61fc21998b2dfc24a37e563eb53f40d315a0414b807db59d1d06ca74baa7e6b2719c4528badeae5e7da610dc8ecde5404d2c33d2d12260d63758144c492e81d633a35e3e3d93029f3e1689ba86d0704c06b34136b19afaed9724e79b77dfe84685ba65834349a18a9f5567e16807779f673a12e73c41bdae4c98683a055d8ad95b977ed42c270f5856d73d84cc9dc75c8946fa8312056509787e549a16c1b2153742c8ed9cd939386611887a0f31f1f2d4b758a4689766d92536357801959a5223b7581eb00b43a16baf3314bfbc02682a1a7dbe3ff5358d3dccfbc906d9e76fac50307fff5f31c64088d4b3d4f9abd2b62d9fc768271a5ba27fafbf39c80fe39d56480f85b7b5f370953d0db26b8ac6b4388918719fdda22d6f', '2026-11-29 19:58:40.954522+00', NULL, 0, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-653a-783d-accd-32677aa1c9c8', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.954522+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:41.778651+00', NULL, 1, '', '2026-11-29 19:58:41.807686+00');
INSERT INTO public.outbox VALUES ('01a228e3-6b7d-765e-95e1-53e055ee47b1', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:42.557413+00', 'webhook', '01a228e3-6544-7671-8f4f-a0f5e002067d', 'ready', '\x0132ac653681cf1c486ed7e278a31bcdeaa14eeb80784796ac38e316bf8ed7c2954cfac10a6e74f8cedee390d07d9e0900beefbc8d189c28efdde3dac2bd19a3f4e6f3c2c881a9f546e959d949a64d3487814ad51cc649e6bb12b6ba9298a18d306856b62876b710014a8554544aa6d67f98dabb55a46bc82c977f210b8c15e3f9ed8cec91d33e9367c3fdec77b9b87742b30d788dea094a1e9a73dbb4a732c210148a748bc033d020176bf0b6ecbfa61dcef8e0deaefa4b0f2b81b1646bb3138edbb6e60b83dc1678b7b8a1328c1124a0fbd9b63abde5c212191569d96aa055f61275a7094014439800127fb58c12ea80592fe54ea4367fc28797880c1c4ac3f928543a285935b2425eb4cf2a96649303ab9bc5a73fdf0c2c85517d9e5853e8fea0164236b0666cf7736a83845c00762b28d88b4bf10861fd3753d5d74bf0947f39e26f6ed9543a80fe74b4c1b45e5ef46f410e824f6bd54238f5a84552fef057d84608103d2fee725f0156c75d963c1261ce6d9b2d66111aebc58062cfe9f975c0bfcf5725fd9ca4115bc8d2a957f8e85ad9e31f42898b98fbcc5485baf6b192c0e872e230fb3d62d88cb13d6abe41db57673ab792b10595bc7a6f0499eb9023bc8896ffbd431422f3be170939d74c6e948cee61700f9fb9c6b28ef785e8540295f9873608d82addfcfcebc2597f4c1739ba635b10a464a16bac033f1aad7fb7e20c0da25af1eaa8e210d7806867718a3d9bd510fd11ec3bb0651332c009a28360ad69027ae39228f89a9a437fbe1a8bd57e2a2841c3377297b5ebac10fccd86a9610331be522fb2de84f21b29d0e54a8b8568069d48cdfe57f5226f3a1318edca6230942cc73025f97307524c61d8f56a04309d8248af9375a31d8324410a0ac54a8622841ec94129f456268930f55ca1389d58204b115421abb8d292392cc8be45e44060292407c32f6396a922fc3cf48a9a5f838f95b3179bf8868f69931a327bea8092725ca83da5752745bcea0375e8fb12428c52b36acd4b634c5cf7e687ab6e569617053c5e11cd2cfc64cdc9c683ea2efddf3afeb35afccb196795701822774ec723f0439ce374149a1c8c3ad63a66bf82c516e4adb78274a404', '2026-11-29 19:58:42.557413+00', NULL, 0, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-6b7d-76b1-80ed-52eb651dd8e1', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:42.557413+00', 'audit', 'audit', 'ready', '\x0132ac653692fd26d26f95d2a1a14b5ea0bd45607e2c48a9275f3e26f4b78c6dbca550c6142d65e91214abc4b50a31ed679497dfdea66a7fbc8c4aa706d210490f890f719bd2a5ca83f704976b8bdb21e483344877a5f89236d7667fb455c6111c60e885ea0f815bdba4ef0a7e86a70e5d54dd4fbc5f770fe3a0d59c8e34fb0dfe31c85bb326675f6f7fc9f5a20b9f402ace1b33960631f7d0a1dfca2829a186f57d2f26b3c33b54313fb5019584c9219bd93816e352511ff7d13e48caefe05c59da4473ae96349bcea83331e26b7272eb5d639a65eacbe8ce52ba6cdd21b1f6c3b85585c8c269e7c606554885f1805e2381d196ea6c0d076528c92c45949430b4d23185d7c239e1d9bb7c09c6ea09b7adffadf8e87fff07bf20e277d6d71e7af80db430a460103829c575710897a53e3b64fc8078f7f9cf78fc0b378baafde2e6a30cba906d6b14c83ffde3bfcd49811557fdd61cec653ae073e3911c3f4bf02e167fecd20d3b52399619c76ae580393da900a8', '2026-11-29 20:00:42.559004+00', NULL, 1, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-6523-73fe-abd3-637fa72c08ad', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.931238+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:40.934326+00', NULL, 1, '', '2026-11-29 19:58:41.269934+00');
INSERT INTO public.outbox VALUES ('01a228e3-6871-7ce9-93c7-2e355d77c0f5', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.777831+00', 'webhook', '01a228e3-6544-7671-8f4f-a0f5e002067d', 'ready', '\x0132ac65367407200a53155195475af6ec1ac1ead44c4e31329e1bad13f61914f2d9a86ddb23eebab62ab470e701341c2d1e62e4e2fb1e95de2bc4eeb31fa549692014115d5687b103b64c8dc744d358f4feb392ff8bfc51c1839e631fa33ae0987e27af81368115c55662109c14562e66d5d070c11debf66d1436ae76b68a9c86921b0d85778352f6d6ae086902d7e988708a1ce2f81b13fb712a0ed5390b423cf8705fce8e49ff6aeec214cb239d5b2dab2192c902ed2fd3f412e52f4c42dd1eb35ecf566de4cefceae46f494876c34179aa1863ecf76cd3a1c646280efa58543dfb8dc1a745af4df7adb427025ad33a6d43230c552fdbb66fff220e039dcb2051459fcdccefe3e71bb03c3c69ab070c995af51938901a5f30a263fe7d47bd55218ce31e19a4fa83d4e357cc8809141b810f14c311115aeab8ef6c4df250c00aaac2a25c2c262654e90605c13cc90aacf4dcb54a94190b3bbe2b849779a122bcc1cf120b098d407c813aa5077777a60366d258ec7efa98ff6f91fbdb6f0215c9dad4cf840033c757e16fbfc8a23dad872243967aa85541860765acc9448c81ac518c49018a17530001ba70dbe07c72b1383875b53101ba3ad659fe1936f6677cc27fbff2e895f7dbe788cc8b9510dd95651d55a3b42155849c308dd37340ed629185be539c3843e3917a32f97ca45916dbbb5e0585befcce9d39a5891b40b6a1c4da431594d52df0631e3747b729a7c60d6545fbe1df38f7901b975f8f7aa1271509c8133e0df3a4ae5dafd2a8018e04f7d336104500d2d400a25e69d333442e9bd901a8f05fe2aaa9bc20d873333f584053ef866e66286228a239e40ef876f04881a4951c213e811b53b056801db1162d470319552069cc46d1e923efb655713fc3ec0b13ca6b3fd813c9b0dbde14b0edcb116157239707155c66d2f36a7fa82bd4d26ddc62cf59da80dc3b8300873b6f4725f1242e9c281357d1cafbac293d', '2026-11-29 19:58:41.777831+00', NULL, 0, '', NULL);
INSERT INTO public.outbox VALUES ('01a228e3-6871-7cb7-b237-b0d2671b7511', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.777831+00', 'audit', 'audit', 'done', '\x', '2026-11-29 20:00:41.778651+00', NULL, 1, '', '2026-11-29 19:58:41.807686+00');


--
-- Data for Name: passcodes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: password_credentials; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.password_credentials VALUES ('01a228e3-5f1e-7d26-ac6d-abca0a3d2760', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.390854+00', '2026-11-29 19:58:39.390856+00', '$argon2id$v=19$m=19456,t=2,p=1$b0xho40WLPS7+FtF6mfiiQ$+1iOVIN319ZtsaibqlrFhJ9d7zJyOF7RCaslDiOW79k', 14620347072577, '01a228e3-5bbd-765f-952d-0b31eba73f5f');
INSERT INTO public.password_credentials VALUES ('01a228e3-641c-7823-baf2-f17256f57257', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.668529+00', '2026-11-29 19:58:40.668529+00', '$argon2id$v=19$m=19456,t=2,p=1$BHj3dXZDVUzutqEgCyUTIg$0OGEO+CFxr1uxChsynf5PMzqf+uXSrpQWY+rXz50vYY', 14620347072577, '01a228e3-62c4-7680-8acf-08f26e600a14');
INSERT INTO public.password_credentials VALUES ('01a228e3-686d-751c-b58f-fe37e4862dc0', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.773332+00', '2026-11-29 19:58:41.773333+00', '$argon2id$v=19$m=19456,t=2,p=1$SY7ro2qL/4GYDK3BfwRbzQ$xEGWH6xwZ5YhiLXZb6EK9Ngr5Ft+fUJnC4EhGh/eW8g', 14620347072577, '01a228e3-6544-7671-8f4f-a0f5e002067d');


--
-- Data for Name: recovery_codes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: revocations; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: saml_certificates; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: saml_providers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: saml_uses; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sessions VALUES ('01a228e3-5edf-7e4b-b978-ff421d0909da', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.327936+00', '2026-11-29 19:58:39.327936+00', 'Latchkeep tests', '127.0.0.1', '["pwd"]', '2126-11-05 19:58:39.327936+00', '2026-11-29 19:58:39.327936+00', '01a228e3-5bbd-765f-952d-0b31eba73f5f');
INSERT INTO public.sessions VALUES ('01a228e3-6251-74de-9002-8c6da3f8e45f', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.209217+00', '2026-11-29 19:58:40.209217+00', 'Latchkeep tests', '127.0.0.1', '["pwd"]', '2126-11-05 19:58:40.209217+00', '2026-11-29 19:58:40.209217+00', '01a228e3-5bbd-765f-952d-0b31eba73f5f');
INSERT INTO public.sessions VALUES ('01a228e3-6412-7f08-8dce-a0cd43840b3c', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.658984+00', '2026-11-29 19:58:40.658984+00', 'Latchkeep tests', '127.0.0.1', '["pwd"]', '2126-11-05 19:58:40.658984+00', '2026-11-29 19:58:40.658984+00', '01a228e3-62c4-7680-8acf-08f26e600a14');
INSERT INTO public.sessions VALUES ('01a228e3-6537-7cdd-96a1-98525aa2d95d', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.951839+00', '2026-11-29 19:58:40.951839+00', 'Latchkeep tests', '127.0.0.1', '["passkey"]', '2126-11-05 19:58:40.951839+00', '2026-11-29 19:58:40.951839+00', '01a228e3-62c4-7680-8acf-08f26e600a14');
INSERT INTO public.sessions VALUES ('01a228e3-6869-7a40-90b4-38c3c6d78570', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.76967+00', '2026-11-29 19:58:41.76967+00', 'Latchkeep tests', '127.0.0.1', '["pwd"]', '2126-11-05 19:58:41.76967+00', '2026-11-29 19:58:41.76967+00', '01a228e3-6544-7671-8f4f-a0f5e002067d');
INSERT INTO public.sessions VALUES ('01a228e3-6b75-7ced-87ef-54f52b8a74cd', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:42.549838+00', '2026-11-29 19:58:42.549838+00', 'Latchkeep tests', '127.0.0.1', '["pwd", "totp"]', '2126-11-05 19:58:42.549838+00', '2026-11-29 19:58:42.549838+00', '01a228e3-6544-7671-8f4f-a0f5e002067d');


--
-- Data for Name: signing_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.signing_keys VALUES ('01a228e3-559f-7d14-8412-c372c84f0eb5', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:36.950377+00', '2026-11-29 19:58:36.950377+00', '94c5d62b-b84e-4714-844c-b75b2c35c4a7', 'ES256', 'active', '{"x": "0-hni1k8IVaIsFpz4FVPwuOpttvLIWKJKkYLaideNFI", "y": "2Lk4T1dlzdOqlpdsagOFMxe-qPK1oA1Ncd8MYDI6K5c", "alg": "ES256", "crv": "P-256", "kid": "94c5d62b-b84e-4714-844c-b75b2c35c4a7", "kty": "EC", "use": "sig"}', '\x0132ac65362b236c4d5255b992b9438d3ff4ed2eac44b26c1a008137aa1ce8fae2b522740479bfe8105d58b900e726bc875dceb9277bfd2b3a13b64c8999595cd57fdc72f361fc601f2da3e419995ab0b75520b7407414154b887c187245cd7581315182d332afd7543365d7ffcb457613cdda02ab5a409194949a6cd3df33649243087fe52406f25568e0fae71d0822820f66ebada1c380c2e947d31acfa720cf0f9703cef543ba2a35feefb930ef88a834429937b9c5961e354cd6402f4f5d1bf867e346b9b6f26188c07531559a8cfd6ddcd52d7bca2f89b71dcadf8f36717aae1b8827ecb2f42b71f8a3cd8cc692766a1a75e655f25ee7d5ab1b7beb1765e598695c6a0aafd2426f8508d215603c0de9a4e56672a55920d26cf1a4922a457ebaef0e', 1, '2026-11-29 19:58:36.949842+00', NULL);
INSERT INTO public.signing_keys VALUES ('01a228e3-5699-7bf4-b561-bb1e07c58e0d', '01a228e3-5632-7a1e-8eeb-bfb4c3828614', '2026-11-29 19:58:37.107806+00', '2026-11-29 19:58:37.107806+00', 'd3d23d84-62c4-43ed-a331-4a3b1fea3e00', 'ES256', 'active', '{"x": "wyxyp6YpnzNVGEkeP0aY-W0kDaSnNNbKqivdyWgc_to", "y": "Aqy4Mn5SQ560G_qxep9uGvD-3_l2llnyDemwlmPcUmo", "alg": "ES256", "crv": "P-256", "kid": "d3d23d84-62c4-43ed-a331-4a3b1fea3e00", "kty": "EC", "use": "sig"}', '\x0132ac6536ed2860fa1d9ac3c24889d321efbd55695614a760ce639dcb8a61d3cb5713b76a90b2020cdc439036a86ff76af7a15d0cc30fd35b480f9ea3b16fb92b51392d78c223a574179ba3c457812aff34520dcc724f68e494888d30b587c44e0ffca56fa5d2805487726da721316bcdb5db52baaa47d11de23d72c9bd2ecacaf16e95652cb2a0923ade191dcb6ace8bdf2162613db9f36623ec239453016e7a0af0abc0e7888188bacb7ec85e8f130e3f0c45b01e68a9289ca7aa0df4673b00ce4219796cc295ba71a475de00aa15bfd7926ce494c10eea48ae9605af69d7037620fb6376e692a5e11a01e39de229678bd6be64a86efd8e87caaf0890742097b49bc871fbbc4b55bcec7204e9231a4af4c150c9d29ae1f5e381e7cafbacc176c2d275', 1, '2026-11-29 19:58:37.107542+00', NULL);


--
-- Data for Name: tenant_config_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tenant_config_versions VALUES ('01a228e3-55a5-74f5-87b4-415a74534fb7', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:36.950377+00', 1, '{"saml": {"enabled": true, "audience_uri": "urn:shop", "endpoint_url": "https://login.shop.example", "identity_providers": [{"name": "Office", "domain": "office.example", "enabled": true, "metadata_url": "https://office.invalid/metadata", "attribute_map": {"name": "", "email": "", "phone": "", "gender": "", "locale": "", "picture": "", "profile": "", "website": "", "nickname": "", "birthdate": "", "zone_info": "", "given_name": "", "updated_at": "", "family_name": "", "middle_name": "", "email_verified": "", "phone_verified": "", "preferred_username": ""}, "skip_email_verification": false}], "default_redirect_url": "https://shop.example/", "allowed_redirect_urls": ["https://shop.example"]}, "email": {"require_verification": false, "use_for_authentication": false}, "passkey": {"acquire_on_login": "never", "acquire_on_registration": "never"}, "session": {"lifespan": "876000h", "enable_auth_token_header": true}, "webhooks": {"hooks": [{"events": ["user"], "callback": "https://hooks.invalid/all"}], "enabled": true}, "third_party": {"custom_providers": {"club": {"issuer": "", "prompt": "", "scopes": ["openid", "email"], "secret": "ATKsZTajV-86Cg8ZMK7Y_Jkf2yrIEBagm2fnS48qbNIc9SalBRbt8lDBkhPXpI4av5au_mhoSAKFO_5MFI1LCbA", "enabled": true, "client_id": "shop", "acr_values": [], "display_name": "Club", "allow_linking": false, "use_discovery": false, "token_endpoint": "https://club.invalid/token", "attribute_mapping": {}, "userinfo_endpoint": "https://club.invalid/me", "authorization_endpoint": "https://club.invalid/authorize"}}, "error_redirect_url": "https://shop.example/error", "allowed_redirect_urls": ["https://shop.example"]}, "email_delivery": {"smtp": {"host": "mail.invalid", "user": "shop", "password": "ATKsZTYmpoH14IZGJvODObG1G_nVJsLkLjTkV5dvURYSFwgwfgDIqlvUojpE0sZ7c1bjky7nb_d-ix0GwoTQiUvysxQ_5g"}, "from_address": "login@shop.example"}}', '[{"new": false, "old": true, "path": "email.require_verification"}, {"new": false, "old": true, "path": "email.use_for_authentication"}, {"new": "login@shop.example", "old": "noreply@shop.latchkeep.test", "path": "email_delivery.from_address"}, {"new": "mail.invalid", "old": "localhost", "path": "email_delivery.smtp.host"}, {"new": "shop", "old": "", "path": "email_delivery.smtp.user"}, {"new": "********", "old": "", "path": "email_delivery.smtp.password"}, {"new": "never", "old": "always", "path": "passkey.acquire_on_registration"}, {"new": "never", "old": "always", "path": "passkey.acquire_on_login"}, {"new": true, "old": false, "path": "saml.enabled"}, {"new": "https://login.shop.example", "old": "http://shop.latchkeep.test", "path": "saml.endpoint_url"}, {"new": "urn:shop", "old": "", "path": "saml.audience_uri"}, {"new": "https://shop.example/", "old": "", "path": "saml.default_redirect_url"}, {"new": ["https://shop.example"], "old": [], "path": "saml.allowed_redirect_urls"}, {"new": [{"name": "Office", "domain": "office.example", "enabled": true, "metadata_url": "https://office.invalid/metadata", "attribute_map": {"name": "", "email": "", "phone": "", "gender": "", "locale": "", "picture": "", "profile": "", "website": "", "nickname": "", "birthdate": "", "zone_info": "", "given_name": "", "updated_at": "", "family_name": "", "middle_name": "", "email_verified": "", "phone_verified": "", "preferred_username": ""}, "skip_email_verification": false}], "old": [], "path": "saml.identity_providers"}, {"new": "876000h", "old": "12h", "path": "session.lifespan"}, {"new": true, "old": false, "path": "session.enable_auth_token_header"}, {"new": "https://shop.example/error", "old": "", "path": "third_party.error_redirect_url"}, {"new": ["https://shop.example"], "old": [], "path": "third_party.allowed_redirect_urls"}, {"new": {"issuer": "", "prompt": "", "scopes": ["openid", "email"], "secret": "********", "enabled": true, "client_id": "shop", "acr_values": [], "display_name": "Club", "allow_linking": false, "use_discovery": false, "token_endpoint": "https://club.invalid/token", "attribute_mapping": {}, "userinfo_endpoint": "https://club.invalid/me", "authorization_endpoint": "https://club.invalid/authorize"}, "old": null, "path": "third_party.custom_providers.club"}, {"new": true, "old": false, "path": "webhooks.enabled"}, {"new": [{"events": ["user"], "callback": "https://hooks.invalid/all"}], "old": [], "path": "webhooks.hooks"}]', 'cli');
INSERT INTO public.tenant_config_versions VALUES ('01a228e3-569e-7862-9bbb-882e7ceaa478', '01a228e3-5632-7a1e-8eeb-bfb4c3828614', '2026-11-29 19:58:37.107806+00', 1, '{}', '[]', 'cli');


--
-- Data for Name: tenant_domains; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tenants; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tenants VALUES ('01a228e3-5632-7a1e-8eeb-bfb4c3828614', '2026-11-29 19:58:37.107542+00', '2026-11-29 19:58:37.107806+00', 'market', '', 'active', '', 'v1', '{}', 1, 1, NULL);
INSERT INTO public.tenants VALUES ('01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:36.949842+00', '2026-11-29 19:58:42.566459+00', 'shop', '', 'active', '', 'v1', '{"saml": {"enabled": true, "audience_uri": "urn:shop", "endpoint_url": "https://login.shop.example", "identity_providers": [{"name": "Office", "domain": "office.example", "enabled": true, "metadata_url": "https://office.invalid/metadata", "attribute_map": {"name": "", "email": "", "phone": "", "gender": "", "locale": "", "picture": "", "profile": "", "website": "", "nickname": "", "birthdate": "", "zone_info": "", "given_name": "", "updated_at": "", "family_name": "", "middle_name": "", "email_verified": "", "phone_verified": "", "preferred_username": ""}, "skip_email_verification": false}], "default_redirect_url": "https://shop.example/", "allowed_redirect_urls": ["https://shop.example"]}, "email": {"require_verification": false, "use_for_authentication": false}, "passkey": {"acquire_on_login": "never", "acquire_on_registration": "never"}, "session": {"lifespan": "876000h", "enable_auth_token_header": true}, "webhooks": {"hooks": [{"events": ["user"], "callback": "https://hooks.invalid/all"}], "enabled": true}, "third_party": {"custom_providers": {"club": {"issuer": "", "prompt": "", "scopes": ["openid", "email"], "secret": "ATKsZTajV-86Cg8ZMK7Y_Jkf2yrIEBagm2fnS48qbNIc9SalBRbt8lDBkhPXpI4av5au_mhoSAKFO_5MFI1LCbA", "enabled": true, "client_id": "shop", "acr_values": [], "display_name": "Club", "allow_linking": false, "use_discovery": false, "token_endpoint": "https://club.invalid/token", "attribute_mapping": {}, "userinfo_endpoint": "https://club.invalid/me", "authorization_endpoint": "https://club.invalid/authorize"}}, "error_redirect_url": "https://shop.example/error", "allowed_redirect_urls": ["https://shop.example"]}, "email_delivery": {"smtp": {"host": "mail.invalid", "user": "shop", "password": "ATKsZTYmpoH14IZGJvODObG1G_nVJsLkLjTkV5dvURYSFwgwfgDIqlvUojpE0sZ7c1bjky7nb_d-ix0GwoTQiUvysxQ_5g"}, "from_address": "login@shop.example"}}', 1, 2, NULL);


--
-- Data for Name: totp_secrets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_secrets VALUES ('01a228e3-68b2-7202-bb2f-cfd0b665fef3', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.844976+00', '2026-11-29 19:58:42.517401+00', '\x0132ac6536cc15377cb5b2789af364bbe85e56cf14f97f05fdfbe3d85793d0688ab2f4a6ddeddc01e64f4fdab6777b7bf132692e8a13769385b197035f5aa6f77e74bdf72843bfe112f6215df6', 59866078, '01a228e3-6544-7671-8f4f-a0f5e002067d');


--
-- Data for Name: trusted_devices; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.users VALUES ('01a228e3-5bbd-765f-952d-0b31eba73f5f', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:39.327626+00', '2026-11-29 19:58:39.327626+00', '', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.users VALUES ('01a228e3-62c4-7680-8acf-08f26e600a14', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.658898+00', '2026-11-29 19:58:40.921404+00', '', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.users VALUES ('01a228e3-6544-7671-8f4f-a0f5e002067d', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:41.769599+00', '2026-11-29 19:58:41.842084+00', '', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: webauthn_credentials; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.webauthn_credentials VALUES ('01a228e3-6520-7af5-9005-986df75fd14a', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:40.918059+00', '2026-11-29 19:58:40.952711+00', '\x4c77d948bfb745737cb7340a6439e4f3e72d56cf3db85d124bfc2265f7a4de75', '\xecacc30de5ff7f436ab02679849e0fceb3a327e8680920560c035ef7784005f5', '', '\xa5010203262001215820a997f092123da868b535f80a6a5e024ab01461815ad08828dae2f34a42dd12f8225820dd4b0d8e3e3763792a7995c0801940dd4572dad85a2939e5a7b0bcff8779a76b', 'packed', '14ca5800-5083-4e96-b262-1b89bcf24068', 0, true, true, false, '["internal", "hybrid"]', NULL, '2026-11-29 19:58:40.948903+00', '01a228e3-62c4-7680-8acf-08f26e600a14');


--
-- Data for Name: webhook_deliveries; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: webhooks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.webhooks VALUES ('01a228e3-6b81-7210-9302-8d9c5741b6c1', '01a228e3-5593-7aab-a849-57a3da43b6be', '2026-11-29 19:58:42.561135+00', '2026-11-29 19:58:42.561135+00', 'https://hooks.invalid/own', '[{"id": "01a228e3-6b81-71c6-ac5e-a97594bd0b6a", "event": "user"}]', true, 0, '2026-12-29 19:58:42.561135+00', NULL);


--
-- Name: revocations_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.revocations_id_seq', 1, false);


--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);


--
-- Name: atlas_schema_revisions atlas_schema_revisions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.atlas_schema_revisions
    ADD CONSTRAINT atlas_schema_revisions_pkey PRIMARY KEY (version);


--
-- Name: audit_logs audit_logs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);


--
-- Name: emails emails_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.emails
    ADD CONSTRAINT emails_pkey PRIMARY KEY (id);


--
-- Name: flows flows_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flows
    ADD CONSTRAINT flows_pkey PRIMARY KEY (id);


--
-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id);


--
-- Name: identities identities_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (id);


--
-- Name: job_parts job_parts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_parts
    ADD CONSTRAINT job_parts_pkey PRIMARY KEY (id);


--
-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);


--
-- Name: metadata_members metadata_members_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metadata_members
    ADD CONSTRAINT metadata_members_pkey PRIMARY KEY (id);


--
-- Name: one_time_tokens one_time_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.one_time_tokens
    ADD CONSTRAINT one_time_tokens_pkey PRIMARY KEY (id);


--
-- Name: operator_tokens operator_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operator_tokens
    ADD CONSTRAINT operator_tokens_pkey PRIMARY KEY (id);


--
-- Name: operators operators_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_pkey PRIMARY KEY (id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: passcodes passcodes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.passcodes
    ADD CONSTRAINT passcodes_pkey PRIMARY KEY (id);


--
-- Name: password_credentials password_credentials_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.password_credentials
    ADD CONSTRAINT password_credentials_pkey PRIMARY KEY (id);


--
-- Name: recovery_codes recovery_codes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (id);


--
-- Name: revocations revocations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT revocations_pkey PRIMARY KEY (id);


--
-- Name: saml_certificates saml_certificates_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saml_certificates
    ADD CONSTRAINT saml_certificates_pkey PRIMARY KEY (id);


--
-- Name: saml_providers saml_providers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saml_providers
    ADD CONSTRAINT saml_providers_pkey PRIMARY KEY (id);


--
-- Name: saml_uses saml_uses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saml_uses
    ADD CONSTRAINT saml_uses_pkey PRIMARY KEY (id);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


--
-- Name: signing_keys signing_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (id);


--
-- Name: tenant_config_versions tenant_config_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tenant_config_versions
    ADD CONSTRAINT tenant_config_versions_pkey PRIMARY KEY (id);


--
-- Name: tenant_domains tenant_domains_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tenant_domains
    ADD CONSTRAINT tenant_domains_pkey PRIMARY KEY (id);


--
-- Name: tenants tenants_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);


--
-- Name: totp_secrets totp_secrets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_secrets
    ADD CONSTRAINT totp_secrets_pkey PRIMARY KEY (id);


--
-- Name: trusted_devices trusted_devices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trusted_devices
    ADD CONSTRAINT trusted_devices_pkey PRIMARY KEY (id);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: webauthn_credentials webauthn_credentials_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webauthn_credentials
    ADD CONSTRAINT webauthn_credentials_pkey PRIMARY KEY (id);


--
-- Name: webhook_deliveries webhook_deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);


--
-- Name: webhooks webhooks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);


--
-- Name: apikey_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX apikey_hash ON public.api_keys USING btree (hash);


--
-- Name: apikey_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX apikey_tenant_id_id ON public.api_keys USING btree (tenant_id, id);


--
-- Name: auditlog_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auditlog_created_at ON public.audit_logs USING btree (created_at);


--
-- Name: auditlog_tenant_id_actor_user_id_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auditlog_tenant_id_actor_user_id_created_at ON public.audit_logs USING btree (tenant_id, actor_user_id, created_at);


--
-- Name: auditlog_tenant_id_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auditlog_tenant_id_created_at ON public.audit_logs USING btree (tenant_id, created_at);


--
-- Name: auditlog_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX auditlog_tenant_id_id ON public.audit_logs USING btree (tenant_id, id);


--
-- Name: auditlog_tenant_id_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX auditlog_tenant_id_sequence ON public.audit_logs USING btree (tenant_id, sequence);


--
-- Name: auditlog_tenant_id_type_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auditlog_tenant_id_type_created_at ON public.audit_logs USING btree (tenant_id, type, created_at);


--
-- Name: email_prefix_tenant_id_address; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX email_prefix_tenant_id_address ON public.emails USING btree (tenant_id, address text_pattern_ops);


--
-- Name: email_tenant_id_address; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX email_tenant_id_address ON public.emails USING btree (tenant_id, address);


--
-- Name: email_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX email_tenant_id_id ON public.emails USING btree (tenant_id, id);


--
-- Name: email_tenant_id_primary_of; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX email_tenant_id_primary_of ON public.emails USING btree (tenant_id, primary_of);


--
-- Name: email_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX email_tenant_id_user_id ON public.emails USING btree (tenant_id, user_id);


--
-- Name: flow_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX flow_expires_at ON public.flows USING btree (expires_at);


--
-- Name: flow_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX flow_tenant_id_id ON public.flows USING btree (tenant_id, id);


--
-- Name: idempotencykey_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotencykey_expires_at ON public.idempotency_keys USING btree (expires_at);


--
-- Name: idempotencykey_tenant_id_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX idempotencykey_tenant_id_hash ON public.idempotency_keys USING btree (tenant_id, hash);


--
-- Name: idempotencykey_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX idempotencykey_tenant_id_id ON public.idempotency_keys USING btree (tenant_id, id);


--
-- Name: identity_tenant_id_email_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX identity_tenant_id_email_id ON public.identities USING btree (tenant_id, email_id);


--
-- Name: identity_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX identity_tenant_id_id ON public.identities USING btree (tenant_id, id);


--
-- Name: identity_tenant_id_provider_id_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX identity_tenant_id_provider_id_subject ON public.identities USING btree (tenant_id, provider_id, subject);


--
-- Name: identity_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX identity_tenant_id_user_id ON public.identities USING btree (tenant_id, user_id);


--
-- Name: intent_ready_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX intent_ready_tenant_id_id ON public.outbox USING btree (tenant_id, id) WHERE ((state)::text = 'ready'::text);


--
-- Name: intent_ready_tenant_id_ordering_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX intent_ready_tenant_id_ordering_id ON public.outbox USING btree (tenant_id, ordering, id) WHERE ((state)::text = 'ready'::text);


--
-- Name: intent_state_done_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX intent_state_done_at ON public.outbox USING btree (state, done_at);


--
-- Name: intent_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX intent_tenant_id_id ON public.outbox USING btree (tenant_id, id);


--
-- Name: job_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_expires_at ON public.jobs USING btree (expires_at);


--
-- Name: job_tenant_id_created_at_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_tenant_id_created_at_id ON public.jobs USING btree (tenant_id, created_at, id);


--
-- Name: job_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX job_tenant_id_id ON public.jobs USING btree (tenant_id, id);


--
-- Name: job_tenant_id_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_tenant_id_source ON public.jobs USING btree (tenant_id, source);


--
-- Name: jobpart_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX jobpart_tenant_id_id ON public.job_parts USING btree (tenant_id, id);


--
-- Name: jobpart_tenant_id_job_id_kind_number; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX jobpart_tenant_id_job_id_kind_number ON public.job_parts USING btree (tenant_id, job_id, kind, number);


--
-- Name: metadatamember_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX metadatamember_tenant_id_id ON public.metadata_members USING btree (tenant_id, id);


--
-- Name: metadatamember_tenant_id_name_value_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX metadatamember_tenant_id_name_value_user_id ON public.metadata_members USING btree (tenant_id, name, value, user_id);


--
-- Name: metadatamember_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX metadatamember_tenant_id_user_id ON public.metadata_members USING btree (tenant_id, user_id);


--
-- Name: onetimetoken_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX onetimetoken_expires_at ON public.one_time_tokens USING btree (expires_at);


--
-- Name: onetimetoken_tenant_id_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX onetimetoken_tenant_id_hash ON public.one_time_tokens USING btree (tenant_id, hash);


--
-- Name: onetimetoken_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX onetimetoken_tenant_id_id ON public.one_time_tokens USING btree (tenant_id, id);


--
-- Name: onetimetoken_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX onetimetoken_tenant_id_user_id ON public.one_time_tokens USING btree (tenant_id, user_id);


--
-- Name: operator_email; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX operator_email ON public.operators USING btree (email);


--
-- Name: operatortoken_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX operatortoken_hash ON public.operator_tokens USING btree (hash);


--
-- Name: passcode_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX passcode_expires_at ON public.passcodes USING btree (expires_at);


--
-- Name: passcode_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX passcode_tenant_id_id ON public.passcodes USING btree (tenant_id, id);


--
-- Name: passwordcredential_tenant_id_format; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX passwordcredential_tenant_id_format ON public.password_credentials USING btree (tenant_id, format);


--
-- Name: passwordcredential_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX passwordcredential_tenant_id_id ON public.password_credentials USING btree (tenant_id, id);


--
-- Name: passwordcredential_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX passwordcredential_tenant_id_user_id ON public.password_credentials USING btree (tenant_id, user_id);


--
-- Name: recoverycode_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX recoverycode_tenant_id_id ON public.recovery_codes USING btree (tenant_id, id);


--
-- Name: recoverycode_tenant_id_user_id_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX recoverycode_tenant_id_user_id_hash ON public.recovery_codes USING btree (tenant_id, user_id, hash);


--
-- Name: revocation_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revocation_created_at ON public.revocations USING btree (created_at);


--
-- Name: revocation_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revocation_expires_at ON public.revocations USING btree (expires_at);


--
-- Name: revocation_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX revocation_tenant_id_id ON public.revocations USING btree (tenant_id, id);


--
-- Name: samlcertificate_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX samlcertificate_tenant_id_id ON public.saml_certificates USING btree (tenant_id, id);


--
-- Name: samlprovider_tenant_id_domain; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX samlprovider_tenant_id_domain ON public.saml_providers USING btree (tenant_id, domain);


--
-- Name: samlprovider_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX samlprovider_tenant_id_id ON public.saml_providers USING btree (tenant_id, id);


--
-- Name: samluse_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX samluse_expires_at ON public.saml_uses USING btree (expires_at);


--
-- Name: samluse_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX samluse_tenant_id_id ON public.saml_uses USING btree (tenant_id, id);


--
-- Name: samluse_tenant_id_kind_digest; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX samluse_tenant_id_kind_digest ON public.saml_uses USING btree (tenant_id, kind, digest);


--
-- Name: session_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX session_expires_at ON public.sessions USING btree (expires_at);


--
-- Name: session_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX session_tenant_id_id ON public.sessions USING btree (tenant_id, id);


--
-- Name: session_tenant_id_user_id_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX session_tenant_id_user_id_created_at ON public.sessions USING btree (tenant_id, user_id, created_at);


--
-- Name: signingkey_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX signingkey_tenant_id_id ON public.signing_keys USING btree (tenant_id, id);


--
-- Name: signingkey_tenant_id_kid; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX signingkey_tenant_id_kid ON public.signing_keys USING btree (tenant_id, kid);


--
-- Name: tenant_slug; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tenant_slug ON public.tenants USING btree (slug);


--
-- Name: tenant_status_purge_after; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tenant_status_purge_after ON public.tenants USING btree (status, purge_after);


--
-- Name: tenant_updated_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tenant_updated_at ON public.tenants USING btree (updated_at);


--
-- Name: tenantconfigversion_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tenantconfigversion_tenant_id_id ON public.tenant_config_versions USING btree (tenant_id, id);


--
-- Name: tenantconfigversion_tenant_id_version; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tenantconfigversion_tenant_id_version ON public.tenant_config_versions USING btree (tenant_id, version);


--
-- Name: tenantdomain_host; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tenantdomain_host ON public.tenant_domains USING btree (host);


--
-- Name: tenantdomain_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tenantdomain_tenant_id_id ON public.tenant_domains USING btree (tenant_id, id);


--
-- Name: totpsecret_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX totpsecret_tenant_id_id ON public.totp_secrets USING btree (tenant_id, id);


--
-- Name: totpsecret_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX totpsecret_tenant_id_user_id ON public.totp_secrets USING btree (tenant_id, user_id);


--
-- Name: trusteddevice_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX trusteddevice_expires_at ON public.trusted_devices USING btree (expires_at);


--
-- Name: trusteddevice_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX trusteddevice_tenant_id_id ON public.trusted_devices USING btree (tenant_id, id);


--
-- Name: trusteddevice_tenant_id_token_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX trusteddevice_tenant_id_token_hash ON public.trusted_devices USING btree (tenant_id, token_hash);


--
-- Name: trusteddevice_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX trusteddevice_tenant_id_user_id ON public.trusted_devices USING btree (tenant_id, user_id);


--
-- Name: user_prefix_tenant_id_username; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX user_prefix_tenant_id_username ON public.users USING btree (tenant_id, username text_pattern_ops);


--
-- Name: user_tenant_id_created_at_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX user_tenant_id_created_at_id ON public.users USING btree (tenant_id, created_at, id);


--
-- Name: user_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX user_tenant_id_id ON public.users USING btree (tenant_id, id);


--
-- Name: user_tenant_id_username; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX user_tenant_id_username ON public.users USING btree (tenant_id, username);


--
-- Name: webauthncredential_tenant_id_credential_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX webauthncredential_tenant_id_credential_hash ON public.webauthn_credentials USING btree (tenant_id, credential_hash);


--
-- Name: webauthncredential_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX webauthncredential_tenant_id_id ON public.webauthn_credentials USING btree (tenant_id, id);


--
-- Name: webauthncredential_tenant_id_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webauthncredential_tenant_id_user_id ON public.webauthn_credentials USING btree (tenant_id, user_id);


--
-- Name: webhook_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX webhook_tenant_id_id ON public.webhooks USING btree (tenant_id, id);


--
-- Name: webhookdelivery_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhookdelivery_created_at ON public.webhook_deliveries USING btree (created_at);


--
-- Name: webhookdelivery_state_available_at_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhookdelivery_state_available_at_id ON public.webhook_deliveries USING btree (state, available_at, id);


--
-- Name: webhookdelivery_tenant_id_endpoint_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhookdelivery_tenant_id_endpoint_created_at ON public.webhook_deliveries USING btree (tenant_id, endpoint, created_at);


--
-- Name: webhookdelivery_tenant_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX webhookdelivery_tenant_id_id ON public.webhook_deliveries USING btree (tenant_id, id);


--
-- Name: webhookdelivery_tenant_id_message_id_endpoint; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX webhookdelivery_tenant_id_message_id_endpoint ON public.webhook_deliveries USING btree (tenant_id, message_id, endpoint);


--
-- Name: api_keys api_keys_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: audit_logs audit_logs_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: emails emails_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.emails
    ADD CONSTRAINT emails_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: emails emails_users_emails; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.emails
    ADD CONSTRAINT emails_users_emails FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: emails emails_users_primary_of; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.emails
    ADD CONSTRAINT emails_users_primary_of FOREIGN KEY (tenant_id, primary_of) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: flows flows_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flows
    ADD CONSTRAINT flows_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: idempotency_keys idempotency_keys_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: identities identities_emails_identities; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_emails_identities FOREIGN KEY (tenant_id, email_id) REFERENCES public.emails(tenant_id, id) ON DELETE CASCADE;


--
-- Name: identities identities_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: identities identities_users_identities; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_users_identities FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: job_parts job_parts_jobs_parts; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_parts
    ADD CONSTRAINT job_parts_jobs_parts FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs(tenant_id, id) ON DELETE CASCADE;


--
-- Name: job_parts job_parts_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_parts
    ADD CONSTRAINT job_parts_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: jobs jobs_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: metadata_members metadata_members_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metadata_members
    ADD CONSTRAINT metadata_members_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: metadata_members metadata_members_users_metadata_members; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metadata_members
    ADD CONSTRAINT metadata_members_users_metadata_members FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: one_time_tokens one_time_tokens_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.one_time_tokens
    ADD CONSTRAINT one_time_tokens_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: one_time_tokens one_time_tokens_users_one_time_tokens; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.one_time_tokens
    ADD CONSTRAINT one_time_tokens_users_one_time_tokens FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: outbox outbox_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: passcodes passcodes_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.passcodes
    ADD CONSTRAINT passcodes_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: password_credentials password_credentials_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.password_credentials
    ADD CONSTRAINT password_credentials_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: password_credentials password_credentials_users_password; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.password_credentials
    ADD CONSTRAINT password_credentials_users_password FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: recovery_codes recovery_codes_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: recovery_codes recovery_codes_users_recovery_codes; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_users_recovery_codes FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: revocations revocations_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT revocations_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: saml_certificates saml_certificates_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saml_certificates
    ADD CONSTRAINT saml_certificates_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: saml_providers saml_providers_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saml_providers
    ADD CONSTRAINT saml_providers_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: saml_uses saml_uses_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.saml_uses
    ADD CONSTRAINT saml_uses_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: sessions sessions_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: sessions sessions_users_sessions; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_users_sessions FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: signing_keys signing_keys_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: tenant_config_versions tenant_config_versions_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tenant_config_versions
    ADD CONSTRAINT tenant_config_versions_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: tenant_domains tenant_domains_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tenant_domains
    ADD CONSTRAINT tenant_domains_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: totp_secrets totp_secrets_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_secrets
    ADD CONSTRAINT totp_secrets_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: totp_secrets totp_secrets_users_totp; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_secrets
    ADD CONSTRAINT totp_secrets_users_totp FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: trusted_devices trusted_devices_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trusted_devices
    ADD CONSTRAINT trusted_devices_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: trusted_devices trusted_devices_users_trusted_devices; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.trusted_devices
    ADD CONSTRAINT trusted_devices_users_trusted_devices FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: users users_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: webauthn_credentials webauthn_credentials_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webauthn_credentials
    ADD CONSTRAINT webauthn_credentials_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: webauthn_credentials webauthn_credentials_users_webauthn_credentials; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webauthn_credentials
    ADD CONSTRAINT webauthn_credentials_users_webauthn_credentials FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;


--
-- Name: webhook_deliveries webhook_deliveries_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: webhooks webhooks_tenants; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_tenants FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;


--
-- Name: api_keys; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: api_keys api_keys_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY api_keys_tenant ON public.api_keys USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: audit_logs; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.audit_logs ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_logs audit_logs_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY audit_logs_tenant ON public.audit_logs USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: emails; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.emails ENABLE ROW LEVEL SECURITY;

--
-- Name: emails emails_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY emails_tenant ON public.emails USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: flows; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.flows ENABLE ROW LEVEL SECURITY;

--
-- Name: flows flows_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY flows_tenant ON public.flows USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: idempotency_keys; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: idempotency_keys idempotency_keys_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY idempotency_keys_tenant ON public.idempotency_keys USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: identities; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.identities ENABLE ROW LEVEL SECURITY;

--
-- Name: identities identities_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY identities_tenant ON public.identities USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: job_parts; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.job_parts ENABLE ROW LEVEL SECURITY;

--
-- Name: job_parts job_parts_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY job_parts_tenant ON public.job_parts USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: jobs; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;

--
-- Name: jobs jobs_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY jobs_tenant ON public.jobs USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: metadata_members; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.metadata_members ENABLE ROW LEVEL SECURITY;

--
-- Name: metadata_members metadata_members_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY metadata_members_tenant ON public.metadata_members USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: one_time_tokens; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.one_time_tokens ENABLE ROW LEVEL SECURITY;

--
-- Name: one_time_tokens one_time_tokens_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY one_time_tokens_tenant ON public.one_time_tokens USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: operator_tokens; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.operator_tokens ENABLE ROW LEVEL SECURITY;

--
-- Name: operator_tokens operator_tokens_system; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY operator_tokens_system ON public.operator_tokens USING ((current_setting('app.tenant'::text, true) = 'system'::text));


--
-- Name: operators; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.operators ENABLE ROW LEVEL SECURITY;

--
-- Name: operators operators_system; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY operators_system ON public.operators USING ((current_setting('app.tenant'::text, true) = 'system'::text));


--
-- Name: outbox; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;

--
-- Name: outbox outbox_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY outbox_tenant ON public.outbox USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: passcodes; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.passcodes ENABLE ROW LEVEL SECURITY;

--
-- Name: passcodes passcodes_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY passcodes_tenant ON public.passcodes USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: password_credentials; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.password_credentials ENABLE ROW LEVEL SECURITY;

--
-- Name: password_credentials password_credentials_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY password_credentials_tenant ON public.password_credentials USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: recovery_codes; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.recovery_codes ENABLE ROW LEVEL SECURITY;

--
-- Name: recovery_codes recovery_codes_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY recovery_codes_tenant ON public.recovery_codes USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: revocations; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.revocations ENABLE ROW LEVEL SECURITY;

--
-- Name: revocations revocations_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY revocations_tenant ON public.revocations USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: saml_certificates; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.saml_certificates ENABLE ROW LEVEL SECURITY;

--
-- Name: saml_certificates saml_certificates_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY saml_certificates_tenant ON public.saml_certificates USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: saml_providers; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.saml_providers ENABLE ROW LEVEL SECURITY;

--
-- Name: saml_providers saml_providers_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY saml_providers_tenant ON public.saml_providers USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: saml_uses; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.saml_uses ENABLE ROW LEVEL SECURITY;

--
-- Name: saml_uses saml_uses_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY saml_uses_tenant ON public.saml_uses USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: sessions; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

--
-- Name: sessions sessions_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY sessions_tenant ON public.sessions USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: signing_keys; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.signing_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: signing_keys signing_keys_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY signing_keys_tenant ON public.signing_keys USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: tenant_config_versions; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.tenant_config_versions ENABLE ROW LEVEL SECURITY;

--
-- Name: tenant_config_versions tenant_config_versions_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY tenant_config_versions_tenant ON public.tenant_config_versions USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: tenant_domains; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.tenant_domains ENABLE ROW LEVEL SECURITY;

--
-- Name: tenant_domains tenant_domains_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY tenant_domains_tenant ON public.tenant_domains USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: tenants; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

--
-- Name: tenants tenants_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY tenants_tenant ON public.tenants USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: totp_secrets; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.totp_secrets ENABLE ROW LEVEL SECURITY;

--
-- Name: totp_secrets totp_secrets_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY totp_secrets_tenant ON public.totp_secrets USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: trusted_devices; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.trusted_devices ENABLE ROW LEVEL SECURITY;

--
-- Name: trusted_devices trusted_devices_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY trusted_devices_tenant ON public.trusted_devices USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: users; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

--
-- Name: users users_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY users_tenant ON public.users USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: webauthn_credentials; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.webauthn_credentials ENABLE ROW LEVEL SECURITY;

--
-- Name: webauthn_credentials webauthn_credentials_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY webauthn_credentials_tenant ON public.webauthn_credentials USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: webhook_deliveries; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.webhook_deliveries ENABLE ROW LEVEL SECURITY;

--
-- Name: webhook_deliveries webhook_deliveries_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY webhook_deliveries_tenant ON public.webhook_deliveries USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- Name: webhooks; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.webhooks ENABLE ROW LEVEL SECURITY;

--
-- Name: webhooks webhooks_tenant; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY webhooks_tenant ON public.webhooks USING (
CASE COALESCE(current_setting('app.tenant'::text, true), ''::text)
    WHEN 'system'::text THEN true
    WHEN ''::text THEN false
    ELSE (tenant_id = (current_setting('app.tenant'::text))::uuid)
END);


--
-- PostgreSQL database dump complete
--


