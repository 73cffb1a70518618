{# Host of a referrer's address in lower case without `www.`; '' if the referrer is none, or a page of `own_hosts`. #}
{% macro referrer_host(referrer, own_hosts) -%}
    if(
        has({{ own_hosts }}, lower(domain({{ referrer }})))
            or has({{ own_hosts }}, lower(domainWithoutWWW({{ referrer }}))),
        '',
        lower(domainWithoutWWW({{ referrer }}))
    )
{%- endmacro %}
