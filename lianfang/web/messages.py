def sentence(code, values):
    return {"what": code}
