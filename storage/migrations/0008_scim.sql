-- Provisioning of people and groups by SCIM.
select;
