/* Loops of libraries whose headers cppcheck is not shown. */
#define json_array_foreach(array, index, value) for (index = 0; (value = json_array_get(array, index)); index++)
#define json_object_foreach(object, key, value) \
	for (key = first(object); key && (value = json_object_get(object, key)); key = next(object, key))
#define LIST_FOREACH(var, head, field) for (var = first(head); var; var = next(var))
#define STAILQ_FOREACH(var, head, field) for (var = first(head); var; var = next(var))
#define TAILQ_FOREACH(var, head, field) for (var = first(head); var; var = next(var))
#define LIST_FOREACH_SAFE(var, head, field, tmp) for (var = first(head); var && (tmp = next(var), 1); var = tmp)
#define STAILQ_FOREACH_SAFE(var, head, field, tmp) for (var = first(head); var && (tmp = next(var), 1); var = tmp)
#define TAILQ_FOREACH_SAFE(var, head, field, tmp) for (var = first(head); var && (tmp = next(var), 1); var = tmp)
