%% Comment
{application, ssl,
   [{description, "Erlang/OTP SSL application"},
    {vsn, "10.9.1"},
    {modules, [tls_connection]}]}.
