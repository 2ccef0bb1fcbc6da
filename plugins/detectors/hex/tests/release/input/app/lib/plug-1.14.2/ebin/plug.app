{application,plug,
             [{modules,['Elixir.Plug']},
              {optional_applications,[]},
              {applications,[kernel,stdlib,elixir,logger,mime]},
              {description,"Functions for web applications"},
              {registered,[]},
              {vsn,"1.14.2"},
              {mod,{'Elixir.Plug.Application',[]}}]}.
