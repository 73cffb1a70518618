{#
  Hash of what decides a model's rows beside its data: its own text and columns, the text of the views it is made of, of
  the macros it calls and of those they call, the seeds, and the values of the variables that any of these reads.
  The macros of this folder are left out: they say how rows get into a table, and not which.
#}
{% macro model_fingerprint(node) -%}
    {{ return(local_md5(texts_of(node) | join('\n'))) }}
{%- endmacro %}
