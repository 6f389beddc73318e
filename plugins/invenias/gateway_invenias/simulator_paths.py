"""The simulated API's paths: method, path, and the call that answers it. Case does not count."""

from __future__ import annotations

from werkzeug.routing import Map, Rule

from gateway_invenias.simulator_data import ENTITIES, KINDS

OWNERS = f"any(people,{','.join(ENTITIES)})"
ENTITY = f"any({','.join(ENTITIES)})"
ITEM = f"any({','.join(KINDS)})"
READS = ("find_people", "quick_search")
"""Calls that read their question from the query."""
BARE = ("make_default_cv",)
"""Calls that change something and take no body."""

_V1 = (
    ("POST", "/thirdpartyapplications", "register"),
    ("POST", "/thirdpartyapplications/<client_id>/renew", "renew"),
    ("GET", "/countries", "countries"),
    ("GET", "/settings/<key>", "lookup"),
    ("GET", "/datamanagement/people/rules", "rules_of_people"),
    ("POST", "/backuprequests", "order_backup"),
    ("GET", "/backuprequests", "read_backup_token"),
    ("GET", "/categories/people", "catalogue"),
    ("GET", "/categories/people/<person>", "read_categories"),
    ("DELETE", "/categorylists/<category_list>/entries/<entry>", "delete_category_entry"),
    ("POST", "/people/list", "list_people"),
    ("POST", "/search/people", "search_people"),
    ("GET", "/duplicates/people", "find_people"),
    ("POST", "/people", "create_person"),
    ("PUT", "/people/bulkdelete", "bulk_delete_people"),
    ("GET", "/people/<person>", "read_person"),
    ("PUT", "/people/<person>", "replace_person"),
    ("DELETE", "/people/<person>", "delete_person"),
    ("POST", "/people/<person>/journal/list", "list_journal_of"),
    ("POST", "/people/<person>/assignments/list", "list_assignments_of"),
    ("POST", "/people/<person>/programmes/list", "list_programmes_of"),
    ("GET", "/people/<person>/categories", "read_categories"),
    ("POST", "/people/<person>/categories", "link_categories"),
    ("GET", "/people/<person>/categories/<category_list>", "read_categories_of_list"),
    ("DELETE", "/people/<person>/categories/<entry>", "unlink_category"),
    ("GET", "/people/<person>/recordpicture", "read_picture"),
    ("POST", "/people/<person>/recordpicture", "upload_picture"),
    ("PUT", "/people/<person>/recordpicture", "upload_picture"),
    ("DELETE", "/people/<person>/recordpicture", "delete_picture"),
    ("POST", "/people/<person>/documents/<document>/defaultcv", "make_default_cv"),
    ("POST", f"/<{OWNERS}:owner>/<owner_id>/documents/list", "list_documents_of"),
    ("POST", f"/<{OWNERS}:owner>/<owner_id>/document", "upload_document"),
    ("GET", f"/<{OWNERS}:owner>/<owner_id>/documents/<document>", "read_document"),
    ("POST", "/documents/list", "list_documents"),
    ("POST", "/documents/bulkdelete", "bulk_delete_documents"),
    ("PUT", "/documents/<document>", "replace_document"),
    ("PUT", "/documents/<document>/rename", "rename_document"),
    ("DELETE", "/documents/<document>", "delete_document"),
    ("PUT", "/companies/bulkdelete", "bulk_delete_companies"),
    ("POST", "/companies/<company>/people/list", "people_of_company"),
    ("GET", "/companies/<company>/<any(notepad,profile):pad>", "read_pad"),
    ("PUT", "/companies/<company>/<any(notepad,profile):pad>", "write_pad"),
    ("POST", "/companies/<company>/externalid1", "set_external_id"),
    ("DELETE", "/companies/<company>/externalid1", "clear_external_id"),
    ("POST", f"/<{ENTITY}:kind>/list", "list_entities"),
    ("POST", f"/search/<{ENTITY}:kind>", "search_entities"),
    ("POST", f"/<{ENTITY}:kind>", "create_entity"),
    ("GET", f"/<{ENTITY}:kind>/<entity>", "read_entity"),
    ("PUT", f"/<{ENTITY}:kind>/<entity>", "replace_entity"),
    ("DELETE", f"/<{ENTITY}:kind>/<entity>", "delete_entity"),
    ("POST", "/journal/list", "list_journal"),
    ("POST", f"/<{ITEM}:kind>/list", "list_items"),
    ("DELETE", "/feedback/<item>/comments/<comment>", "delete_comment"),
    ("POST", f"/<{ITEM}:kind>", "create_item"),
    ("GET", f"/<{ITEM}:kind>/<item>", "read_item"),
    ("PUT", f"/<{ITEM}:kind>/<item>", "replace_item"),
    ("DELETE", f"/<{ITEM}:kind>/<item>", "delete_item"),
)
_V2 = (
    ("GET", "/quicksearch/people", "quick_search"),
    ("PUT", f"/<{ENTITY}:kind>/<entity>", "replace_entity"),
    ("POST", "/fullparse/document", "parse_document"),
    ("GET", "/fullparse/<parsed>", "read_parsed"),
    ("POST", "/fullparse/create", "save_parsed"),
    ("PUT", "/fullparse/create", "save_parsed"),
)
URLS = Map(
    [
        Rule("/identity/connect/token", endpoint="token", methods=["POST"]),
        Rule("/identity/connect/authorize", endpoint="authorize", methods=["GET"]),
        Rule("/imageblobs/<name>/<file>", endpoint="picture_url", methods=["GET"]),
        *(
            Rule(f"/api/v{version}{path}", endpoint=call, methods=[method])
            for version, paths in enumerate((_V1, _V2), 1)
            for method, path, call in paths
        ),
    ]
)
