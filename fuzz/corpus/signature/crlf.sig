untrusted comment: signature from minisign secret key
RURNY1WorXhBdQBySDVSOogDZVsOV+rQhvZCqi3L1xxjFleIEQnMsqXA/UhhmMVITsK0tQ3dWx+hpsXzPL7xMfWZhjJDUFizVA8=
trusted comment: made by minisign
1DOS5Wkwr7pTcry+TwL9LrlGhLQJaNp85cdLG9fNYrGK9zueVkRKhX+XyIodiCMQWpqkeGmtWGckJ/3gXTYzDA==
