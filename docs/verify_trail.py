"""Verify an exported trail with Python 3.8 or later alone: python verify_trail.py FILE [--key HEX]"""

import hashlib
import json
import sys

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)  # the curve; a root of -1


def add(p, q):  # points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x * y = T/Z
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P


def times(n, p):
    return (0, 1, 1, 0) if n == 0 else add(times(n - 1, p), p) if n & 1 else times(n // 2, add(p, p))


def point(data):  # 32 bytes: y, and in the highest bit whether x is odd
    y, odd = int.from_bytes(data, "little") % 2**255, data[31:] >= b"\x80"
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    root = pow(square, (P + 3) // 8, P)
    roots = [root, -root % P, root * ROOT % P, -root * ROOT % P]
    return next(((x, y, 1, x * y % P) for x in roots if x * x % P == square and x % 2 == odd and y < P), None)


def is_signed(key, text, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if not a or not r or s >= ORDER or len(key) != 32 or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    p, q = times(s, point(b"\x58" + b"\x66" * 31)), add(r, times(h, a))
    return all((p[i] * q[2] - q[i] * p[2]) % P == 0 for i in (0, 1))


last, head, marks, faults = 0, "00" * 32, {}, []
with open(sys.argv[1] if sys.argv[1:] else sys.exit(__doc__), encoding="utf-8") as file:  # noqa: PTH123 - no more imports
    own, given = json.loads(next(file))["public_keys"], [arg for arg in sys.argv[2:] if arg != "--key"]
    for row in map(json.loads, file):
        if "checkpoint" in row:  # they come before the lines
            mark, signature = row["checkpoint"], bytes.fromhex(row["checkpoint"]["signature"])
            text = ("ats-gateway trail checkpoint\n{seq}\n{hash}\n{at}\n".format(**mark)).encode()
            if any(is_signed(bytes.fromhex(key), text, signature) for key in given or own):
                marks[mark["seq"]] = mark["hash"]
            else:
                faults.append(f"the signature of the checkpoint at line {mark['seq']} is wrong")
            continue
        line, content = row["seq"], bytes.fromhex(head) + row["body"].encode(errors="surrogatepass")
        if line != last + 1:
            faults.append(f"line {line} comes after line {last}: lines were removed, inserted or moved")
        elif hashlib.sha256(content).hexdigest() != row["hash"]:
            faults.append(f"line {line} was changed, or line {last} and its hash were")
        if marks.get(line, row["hash"]) != row["hash"]:
            faults.append(f"the checkpoint at line {line} was signed over another hash")
        last, head = line, row["hash"]
faults += [f"line {seq} was signed but the trail ends at line {last}" for seq in marks if seq > last]
print(*faults or ["nothing is wrong"], f"last line {last}, signed {max(marks, default=0)}, {head}", sep="\n")
sys.exit(1 if faults else 0)
