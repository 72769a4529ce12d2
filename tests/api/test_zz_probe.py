from tests.api.test_requests import *
async def test_zz(http, stack):
    for name, body in BODIES.items():
        a = await http.post("/graphql", content=body, headers=JSON)
        print(name, a.status_code, a.text[:120])
